#!/bin/bash
# Makes stand-ins for the Dockerfile's base images out of Debian and npm packages, and imports them into Docker:
# the image can then be built and tested where no container registry can be reached.
# Usage (as root): stand-ins.sh <empty folder> <name for the build image> <name for the runtime image>
set -euo pipefail
folder=$1 build_image=$2 runtime_image=$3
build=$folder/build runtime=$folder/runtime packages=$folder/build/var/cache/apt/archives

# The packages of gcr.io/distroless/cc-debian13. One more would hide that the Dockerfile forgets a library.
distroless=(base-files netbase tzdata media-types libc6 libssl3t64 libzstd1 zlib1g libgomp1 libstdc++6 libgcc-s1
  gcc-14-base)

unpack() {
  local root=$1 package
  shift
  mkdir -p "$root"
  for package; do dpkg-deb --extract "$packages/${package}"_*.deb "$root"; done
}

import() {
  tar --create --directory "$1" . | /usr/bin/docker import --change "ENV PATH=/usr/local/bin:/usr/bin:/bin" "${@:3}" - "$2"
}

# --foreign leaves packages unpacked and not set up, which is all that a build needs, and mounts nothing.
include=$(IFS=,; echo "${distroless[*]}")
debootstrap --foreign --variant=minbase --include="$include,libatomic1,binutils" trixie "$build"

unpack "$runtime" "${distroless[@]}"
mkdir -p "$runtime/tmp" "$runtime/home/nonroot"
chmod 1777 "$runtime/tmp"
printf '%s\n' root:x:0:0:root:/root:/sbin/nologin nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin \
  >"$runtime/etc/passwd"
printf '%s\n' root:x:0: nonroot:x:65532: >"$runtime/etc/group"
import "$runtime" "$runtime_image"

unpack "$build" libatomic1 libstdc++6 libgcc-s1
rm -rf "$build/proc" "$packages" "$build/debootstrap"
mkdir "$build/proc"
node=node-linux-$(node --print process.arch)
npm install --global --prefix "$build/usr/local" "$node@26" npm@11
cp --remove-destination "$build/usr/local/lib/node_modules/$node/bin/node" "$build/usr/local/bin/node"
cp "$build/usr/local/lib/node_modules/$node/LICENSE" "$build/usr/local/"
rm -r "$build/usr/local/lib/node_modules/$node"
# npm in the build reaches the registry as npm on this machine does.
mkdir -p "$build/usr/local/etc" "$build/etc/ssl/certs"
echo "registry=$(npm config get registry)" >"$build/usr/local/etc/npmrc"
cp "${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}" "$build/etc/ssl/certs/ca-certificates.crt"
import "$build" "$build_image" --change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt'

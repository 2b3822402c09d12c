#!/usr/bin/env bash
# The parts of a release that the workflow runs, each in a job of its own: release.sh executable | image | github
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(node --print 'require("./package.json").version')

# One archive for the platform of this machine: the tested executable, its licences and its bill of materials.
executable() {
  local name
  name=byoo-$version-$(node --print '`${process.platform}-${process.arch}`')
  npm run pkg -- --output "release/$name"
  BYOO_TEST_BINARY=$(ls "release/$name"/byoo*)
  export BYOO_TEST_BINARY
  npx --no-install vitest run test/e2e/binary.test.ts --testTimeout 60000
  npm run sbom -- --node "$(node --print process.versions.node)" --output "release/$name/byoo.cdx.json"
  tar --create --gzip --file "release/$name.tar.gz" --directory release "$name"
  rm -r "release/$name"
}

# What a tag in a registry is at this moment, as name:tag@digest.
resolved() {
  echo "$1@$(docker buildx imagetools inspect "$1" --format '{{.Manifest.Digest}}')"
}

# The image for both architectures, signed by its digest. Its own bill of materials names what the base images and
# Node.js bring; the one of the package, attested beside it, what is bundled. What it was built on is in its record.
image() {
  local name=ghcr.io/${GITHUB_REPOSITORY,,} record=release/byoo-$version-image.json digest build runtime
  local tags=("$version")
  # Who asks for 1, 1.2 or latest gets no version that is still tried out.
  [[ $version == *-* ]] || tags+=("${version%.*}" "${version%%.*}" latest)
  docker login ghcr.io --username "$GITHUB_ACTOR" --password-stdin <<<"$GITHUB_TOKEN"
  docker buildx create --use
  build=$(resolved "$(sed -n 's/^ARG BUILD_IMAGE=//p' Dockerfile)")
  runtime=$(resolved "$(sed -n 's/^ARG RUNTIME_IMAGE=//p' Dockerfile)")
  docker buildx build --platform linux/amd64,linux/arm64 "${tags[@]/#/--tag=$name:}" --push \
    --build-arg BUILD_IMAGE="$build" --build-arg RUNTIME_IMAGE="$runtime" \
    --build-arg VERSION="$version" --build-arg REVISION="$GITHUB_SHA" \
    --build-arg SOURCE="$GITHUB_SERVER_URL/$GITHUB_REPOSITORY" \
    --provenance=mode=max --sbom=true --metadata-file release/metadata.json .
  digest=$(node --print 'require("./release/metadata.json")["containerimage.digest"]')
  cosign sign --yes "$name@$digest"
  cosign attest --yes --type cyclonedx --predicate "release/byoo-$version.cdx.json" "$name@$digest"
  node --eval 'const [image, build, runtime, ...tags] = process.argv.slice(1)
    console.log(JSON.stringify({ image, tags, bases: { build, runtime } }, undefined, 2))' \
    "$name@$digest" "$build" "$runtime" "${tags[@]}" >"$record"
}

# The release page: what CHANGELOG.md says of this version, and every file with its checksum.
github() {
  local notes
  notes=$(awk -v heading="## [$version]" 'index($0, "## ") == 1 { on = index($0, heading) == 1; next } on' CHANGELOG.md)
  cd release
  sha256sum -- * >SHA256SUMS
  gh release create "v$version" --repo "$GITHUB_REPOSITORY" --verify-tag --title "byoo $version" --notes "$notes" -- *
}

case ${1-} in
  executable | image | github) "$1" ;;
  *) echo "usage: release.sh executable | image | github" >&2 && exit 2 ;;
esac

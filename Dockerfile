ARG BUILD_IMAGE=node:26-trixie-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian13:nonroot

# The bundle is the same on every platform, so it is built on the builder's own.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build -- --image

FROM ${BUILD_IMAGE} AS node

# Node without what only debuggers read, a fifth of it. The builder's own strip knows no other platform's files.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS stripped
COPY --from=node /usr/local/bin/node /stripped/
RUN strip --strip-all /stripped/node || { \
      apt-get update -q && apt-get install -qy --no-install-recommends binutils-multiarch && \
      strip --strip-all /stripped/node; \
    }

FROM ${RUNTIME_IMAGE}
COPY --from=node /usr/local/LICENSE /usr/share/doc/node/
COPY --from=stripped /stripped/node /usr/local/bin/
# Node links libatomic, which distroless/cc lacks; the loader searches /usr/lib on every architecture.
COPY --from=node /usr/lib/*/libatomic.so.1 /usr/lib/
COPY LICENSE /app/
COPY --from=build /src/dist/ /app/

ENV NODE_ENV=production BYOO_HOST=0.0.0.0
# Where ./byoo.yaml is looked for. Mount a folder: a single mounted file does not follow its replacement.
WORKDIR /etc/byoo
# Numeric, so that Kubernetes can check runAsNonRoot.
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["node", "/app/byoo.js", "healthcheck"]
ENTRYPOINT ["node", "--max-semi-space-size=1", "/app/byoo.js"]
CMD ["serve"]

# Last, because they differ in every build.
ARG VERSION=unknown
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="byoo" \
      org.opencontainers.image.description="A byte-exact OAuth callback forwarder on your own domain, for Junction" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

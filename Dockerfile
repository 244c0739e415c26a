FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY src src
COPY services services
RUN npm run build
RUN mkdir --mode 777 /app && cp dist/vpc-reconciler.cjs /app/
# Keeps Node's compile cache in the image. It is valid only for the same user, path, and flags.
USER 1000:1000
RUN NODE_COMPILE_CACHE=/app/compiled \
    node --max-semi-space-size=1 --disable-sigusr1 /app/vpc-reconciler.cjs run --once --emulator --services services --policy sync && \
    chmod -R a+rX /app/compiled

FROM node:24-slim
ARG VERSION=unknown
LABEL org.opencontainers.image.title="vpc-reconciler" \
      org.opencontainers.image.description="GitOps for Cloudflare Workers VPC services: keeps the services of an account equal to a folder of YAML declarations." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION"
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/app/compiled
# Makes the allocator return freed memory to the system.
ENV MALLOC_ARENA_MAX=2 \
    MALLOC_TRIM_THRESHOLD_=65536 \
    MALLOC_MMAP_THRESHOLD_=65536
COPY --from=build /app /app
# The user `node` of the base image, as a number, so that Kubernetes can verify that it is not root.
USER 1000:1000
WORKDIR /app
# By default, the program listens on loopback only. To reach the port from outside, set VPC_RECONCILER_HTTP_LISTEN=:8484.
EXPOSE 8484
# Requests /healthz at the address that process 1 listens on: from its flags, the environment, its configuration file, or the default. If
# the HTTP server is turned off, the container counts as healthy. Kubernetes ignores this and uses its own probes.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["node", "--eval", "\
  const { env } = process; \
  const { readFileSync } = require('node:fs'); \
  const command = readFileSync('/proc/1/cmdline', 'utf8'); \
  const [, flag] = /.*\\0--http-listen[\\0=]([^\\0]*)/s.exec(command) ?? []; \
  const [, file = env.VPC_RECONCILER_CONFIG] = /.*\\0--config[\\0=]([^\\0]*)/s.exec(command) ?? []; \
  const settings = () => (file === undefined ? '' : readFileSync(file, 'utf8')); \
  const key = /^[^#\\n]*?\\bhttp_listen[\"']?\\s*:\\s*[\"']?([^\"'\\s,}#]*)/m; \
  const listen = flag ?? env.VPC_RECONCILER_HTTP_LISTEN ?? key.exec(settings())?.[1] ?? '127.0.0.1:8484'; \
  const [, host = '', port] = /^(.*):(\\d+)$/.exec(listen.trim()) ?? []; \
  const loopback = { '': '127.0.0.1', '0.0.0.0': '127.0.0.1', '[::]': '::1' }; \
  const where = { host: loopback[host] ?? host.replace(/[[\\]]/g, ''), port, path: '/healthz', timeout: 2000 }; \
  if (port === undefined) process.exit(0); \
  require('node:http').get(where, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)) \
    .on('timeout', () => process.exit(1)).on('error', () => process.exit(1))"]
# Runs as the first process, without a shell or an init: it handles SIGTERM itself and starts no child processes.
# A young generation of 1 MB saves about 50 MB of memory, because V8 otherwise lets it grow. Without --disable-sigusr1, SIGUSR1 would open
# the debugger of Node.js until the program has started.
ENTRYPOINT ["node", "--max-semi-space-size=1", "--disable-sigusr1", "/app/vpc-reconciler.cjs"]
CMD ["run", "--services", "/services"]

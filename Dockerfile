FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY src src
COPY services services
RUN npm run build
RUN mkdir --mode 777 /app && cp dist/vpc-reconciler.cjs /app/
# What Node compiles of the file is kept beside it: for the same user, the same path and the same flags.
USER 1000:1000
RUN NODE_COMPILE_CACHE=/app/compiled \
    node --max-semi-space-size=1 /app/vpc-reconciler.cjs run --once --emulator --services services && \
    chmod -R a+rX /app/compiled

FROM node:24-slim
ARG VERSION=unknown
LABEL org.opencontainers.image.title="vpc-reconciler" \
      org.opencontainers.image.description="GitOps for Cloudflare Workers VPC services: a folder of YAML declarations becomes the live state of an account." \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="$VERSION"
ENV NODE_ENV=production \
    NODE_COMPILE_CACHE=/app/compiled
# Memory that the allocator has got back goes back to the system, too.
ENV MALLOC_ARENA_MAX=2 \
    MALLOC_TRIM_THRESHOLD_=65536 \
    MALLOC_MMAP_THRESHOLD_=65536
COPY --from=build /app /app
# `node` of the base image, by number, so that a cluster can see that it is not root.
USER 1000:1000
WORKDIR /app
# Reached from outside only where the program listens on more than loopback: VPC_RECONCILER_HTTP_LISTEN=:8484
EXPOSE 8484
# Where the first process listens, by its flags, the environment, its file of settings, or by default; healthy where it is told not to.
# Kubernetes has probes of its own.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["node", "--eval", "\
  const { env } = process; \
  const { readFileSync } = require('node:fs'); \
  const command = readFileSync('/proc/1/cmdline', 'utf8'); \
  const [, flag] = /.*\\0--http-listen[\\0=]([^\\0]*)/s.exec(command) ?? []; \
  const [, file = env.VPC_RECONCILER_CONFIG] = /.*\\0--config[\\0=]([^\\0]*)/s.exec(command) ?? []; \
  const settings = file === undefined ? '' : readFileSync(file, 'utf8'); \
  const [, key] = /^[^#\\n]*?\\bhttp_listen[\"']?\\s*:\\s*[\"']?([^\"'\\s,}#]*)/m.exec(settings) ?? []; \
  const listen = flag ?? env.VPC_RECONCILER_HTTP_LISTEN ?? key ?? '127.0.0.1:8484'; \
  const [, host = '', port] = /^(.*):(\\d+)$/.exec(listen.trim()) ?? []; \
  const loopback = { '': '127.0.0.1', '0.0.0.0': '127.0.0.1', '[::]': '::1' }; \
  const where = { host: loopback[host] ?? host.replace(/[[\\]]/g, ''), port, path: '/healthz', timeout: 2000 }; \
  if (port === undefined) process.exit(0); \
  require('node:http').get(where, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1)) \
    .on('timeout', () => process.exit(1)).on('error', () => process.exit(1))"]
# No shell and no init around it: as the first process it hears SIGTERM itself, and has no children to look after.
# Where there is memory, V8 lets its young generation grow full of garbage; with 1 MB of it the process has some 50 MB less.
ENTRYPOINT ["node", "--max-semi-space-size=1", "/app/vpc-reconciler.cjs"]
CMD ["run", "--services", "/services"]

# Run it: docker run --init --read-only --tmpfs /tmp -v gati:/data -p 8080:8080 -e REGISTRY_PUBLIC_URL=http://localhost:8080 gati-registry

FROM node:24-bookworm-slim AS base
WORKDIR /app

# Everything, build tools included. Only a change of the lockfile runs this again.
FROM base AS dependencies
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --loglevel=error

FROM dependencies AS build
COPY tsconfig.json tsconfig.build.json tsconfig.types.json registry.config.ts ./
COPY scripts/build.ts scripts/build.ts
COPY src src
RUN npm run build

FROM dependencies AS development
COPY . .
RUN install -d -o 1000 -g 1000 /data
ENV REGISTRY_DATA_DIR=/data REGISTRY_HOST=0.0.0.0 REGISTRY_PORT=8080
VOLUME /data
USER 1000:1000
EXPOSE 8080
CMD ["node", "--watch-path=src", "--watch-path=registry.config.ts", "src/app.ts"]

# What the compiled registry needs at run time. The image brings its own node, so the node of the lockfile stays out.
FROM base AS runtime-dependencies
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --loglevel=error && rm -rf node_modules/node-linux-* node_modules/.bin/node

FROM base AS production
ENV NODE_ENV=production REGISTRY_MODE=production REGISTRY_DATA_DIR=/data REGISTRY_HOST=0.0.0.0 REGISTRY_PORT=8080
RUN install -d -o 1000 -g 1000 /data
COPY --from=runtime-dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
VOLUME /data
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --retries=3 --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.REGISTRY_PORT}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=8", "dist/src/app.js"]

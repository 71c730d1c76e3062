import { defineConfig } from 'vitest/config'

/** Needs nothing installed. Tests that need a Redis, an S3 server, a search server or an embedding model run under vitest.services.config.ts. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      ...['test/e2e/**', 'test/faults/**', 'test/conformance/**'],
      ...['test/**/*.redis.test.ts', 'test/**/*.s3.test.ts', 'test/**/*.elasticsearch.test.ts', 'test/**/*.model.test.ts'],
    ],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})

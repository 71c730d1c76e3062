import { defineConfig } from 'vitest/config'
import { embeddingServerUrl } from './test/support/embedding-server.ts'
import { hasSearchServer } from './test/support/search-server.ts'
import base from './vitest.config.ts'

/** The tests once more, on the Postgres and the Redis that the environment names. */
export default defineConfig({
  test: {
    ...base.test,
    globalSetup: ['test/support/require-services.ts', 'test/support/global-setup.ts'],
    exclude: [
      ...['test/e2e/**', 'test/faults/**', 'test/conformance/**', 'test/architecture.test.ts', 'test/deploy.test.ts'],
      ...(hasSearchServer ? [] : ['test/**/*.elasticsearch.test.ts']),
      ...(embeddingServerUrl ? [] : ['test/**/*.model.test.ts']),
    ],
  },
})

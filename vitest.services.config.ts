import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

for (const name of ['GATI_TEST_DATABASE_URL', 'GATI_TEST_REDIS_URL']) {
  if (!process.env[name]) throw new Error(`${name} is not set: start the services with scripts/services.sh and export what it prints`)
}

/** The tests once more, on the Postgres and the Redis that the environment names. */
export default defineConfig({
  test: {
    ...base.test,
    exclude: ['test/e2e/**', 'test/faults/**', 'test/architecture.test.ts', 'test/deploy.test.ts'],
  },
})

import { defineConfig } from 'vitest/config'

/** Kills, races and full disks; alone on the machine, so that a timing says something. */
export default defineConfig({
  test: {
    include: ['test/faults/**/*.test.ts'],
    globalSetup: ['test/support/build-once.ts', 'test/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
})

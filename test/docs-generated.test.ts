import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { apiPage, apiPageLocation } from '../scripts/generate-api.ts'
import { cliPage, cliPageLocation } from '../scripts/generate-cli.ts'

test('docs/api.md lists the routes there are, and all their schemas are good (npm run docs:api)', async () => {
  expect(await readFile(apiPageLocation, 'utf8')).toBe(await apiPage())
})

test('docs/cli.md lists the commands there are (npm run docs:cli)', async () => {
  expect(await readFile(cliPageLocation, 'utf8')).toBe(await cliPage())
})

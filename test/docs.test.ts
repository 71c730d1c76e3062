import { readFile } from 'node:fs/promises'
import type { TSchema } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { configurationPage } from '../scripts/generate-configuration.ts'
import { discoverModules } from '../src/shared/kernel/discover.ts'
import { KernelSettings } from '../src/shared/kernel/kernel-settings.ts'

test('docs/configuration.md is what `npm run docs:config` writes', async () => {
  const written = await readFile(new URL('../docs/configuration.md', import.meta.url), 'utf8').catch(() => '')
  expect(written).toBe(await configurationPage())
})

test('every setting has a description and a default, so that the registry starts without any', async () => {
  const modules = await discoverModules(new URL('../src/modules/', import.meta.url))
  const schemas = [{ name: 'kernel', config: KernelSettings }, ...modules]
  const bare = schemas.flatMap(({ name, config }) =>
    Object.entries<TSchema>(config.properties)
      .filter(([, property]) => !/\S/.test(property['description'] ?? '') || property['default'] === undefined)
      .map(([key]) => `${name} ${key}`),
  )
  expect(bare).toEqual([])
})

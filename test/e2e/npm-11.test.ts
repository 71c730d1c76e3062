import { expect, test } from 'vitest'
import { npmAccountTests } from '../support/npm-cli-accounts.ts'
import { npmPackageTests } from '../support/npm-cli-packages.ts'
import { ann } from '../support/npm-registry.ts'
import { useNpmRegistry } from '../support/npm-test-file.ts'

const registry = useNpmRegistry()

npmAccountTests('npm11', registry)
npmPackageTests('npm11', registry)

test('stars are given, listed and taken back', async () => {
  await registry().publish({ name: '@acme/starred', version: '1.0.0' })
  const npm = await registry().client('npm11', ann)
  await npm.run(['star', '@acme/starred'])
  expect((await npm.run(['stars'])).stdout.trim()).toBe('@acme/starred')
  expect((await npm.run(['stars', 'ann'])).stdout.trim()).toBe('@acme/starred')
  await npm.run(['unstar', '@acme/starred'])
  expect((await npm.run(['stars'])).stdout.trim()).toBe('')
})

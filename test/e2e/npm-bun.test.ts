import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { installTests } from '../support/npm-install-tests.ts'
import { ann, bob } from '../support/npm-registry.ts'
import { useNpmRegistry } from '../support/npm-test-file.ts'

// bun has no login, dist-tag, deprecate, unpublish, owner, access, token or search.

const registry = useNpmRegistry()
const bun = (person = ann) => registry().client('bun', person)

installTests({ command: 'bun', install: ['install'], frozen: ['ci'], lockfile: 'bun.lock' }, registry)

test('whoami', async () => {
  const client = await bun()
  expect((await client.run(['pm', 'whoami'])).stdout.trim()).toBe('ann')
  const nobody = await registry().client('bun')
  expect((await nobody.attempt(['pm', 'whoami'])).code).not.toBe(0)
})

test('scoped, unscoped, restricted and tagged packages are published and installed', async () => {
  const client = await bun()
  const publish = async (name: string, ...more: string[]) =>
    client.run(['publish', ...more], {
      cwd: await registry().packageFolder({ name, version: '1.0.0' }, { 'index.js': 'module.exports = 7\n' }),
    })
  await publish('@acme/open', '--tag', 'next')
  await publish('bun-unscoped')
  await publish('@acme/shut', '--access', 'restricted')
  const names = ['@acme/open', 'bun-unscoped', '@acme/shut']
  const cwd = await client.project()
  await client.run(['add', '@acme/open@next', 'bun-unscoped', '@acme/shut'], { cwd })
  for (const name of names) expect(await readFile(join(cwd, 'node_modules', name, 'index.js'), 'utf8')).toBe('module.exports = 7\n')
  const stranger = await bun(bob)
  expect((await stranger.run(['info', '@acme/open', 'version'])).stdout.trim()).toBe('1.0.0')
  expect((await stranger.attempt(['info', '@acme/shut', 'version'])).code).not.toBe(0)
})

test('a version is published once, and a stranger publishes nothing', async () => {
  const cwd = await registry().packageFolder({ name: '@acme/once', version: '1.0.0' })
  const client = await bun()
  await client.run(['publish'], { cwd })
  expect((await client.attempt(['publish'], { cwd })).stderr).toContain('409')
  await client.run(['publish', '--tolerate-republish'], { cwd })
  expect((await (await bun(bob)).attempt(['publish'], { cwd })).stderr).toMatch(/40[34]/)
})

test('audit knows what was imported', async () => {
  for (const version of ['1.0.0', '2.0.0']) await registry().publish({ name: '@acme/holey', version })
  await registry().importAdvisory('@acme/holey')
  const client = await bun()
  const cwd = await client.project({ dependencies: { '@acme/holey': '1.0.0' } })
  await client.run(['install'], { cwd })
  const found = await client.attempt(['audit', '--json'], { cwd })
  expect(found.code).toBe(1)
  expect(JSON.parse(found.stdout)).toMatchObject({ '@acme/holey': [{ severity: 'critical' }] })
  await client.run(['add', '@acme/holey@2.0.0'], { cwd })
  expect((await client.run(['audit'], { cwd })).stdout).toContain('No vulnerabilities found')
})

test('view, outdated and pack', async () => {
  for (const version of ['1.0.0', '2.0.0']) await registry().publish({ name: '@acme/shown', version })
  const client = await bun()
  expect(await client.json(['pm', 'view', '@acme/shown', 'versions', '--json'])).toEqual(['1.0.0', '2.0.0'])
  const cwd = await client.project({ dependencies: { '@acme/shown': '1.0.0' } })
  await client.run(['install'], { cwd })
  expect((await client.run(['outdated'], { cwd })).stdout).toMatch(/@acme\/shown.*1\.0\.0.*2\.0\.0/)
  const packed = await registry().packageFolder({ name: '@acme/packed', version: '1.0.0' })
  await client.run(['pm', 'pack'], { cwd: packed })
  await stat(join(packed, 'acme-packed-1.0.0.tgz'))
})

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { installTests } from '../support/npm-install-tests.ts'
import { ann, bob } from '../support/npm-registry.ts'
import { useNpmRegistry } from '../support/npm-test-file.ts'

// Not here: `yarn audit` asks the registry of its makers whatever is configured, `yarn access` is not implemented,
// `yarn team` asks routes that npm gave up, and `yarn owner add` changes the short form of a package, which has neither owners nor revision.

const registry = useNpmRegistry()
const yarn = (person = ann) => registry().client('yarn-classic', person)
const publishing = ['publish', '--non-interactive', '--new-version', '1.0.0']

installTests({ command: 'yarn-classic', install: ['install'], frozen: ['install', '--frozen-lockfile'], lockfile: 'yarn.lock' }, registry)

test('publish asks for the name and the password when there is no token, and forgets the token', async () => {
  const client = await registry().client('yarn-classic')
  const cwd = await registry().packageFolder({ name: '@acme/by-password', version: '1.0.0' })
  const shown = await client.talk(
    ['publish', '--new-version', '1.0.0'],
    [
      { when: /npm username:/, type: ann.username },
      { when: /npm email:/, type: 'ann@example.org' },
      { when: /npm password:/, type: ann.password },
    ],
    { cwd },
  )
  expect(shown).toContain('Published.')
  expect(shown).toContain('Revoked login token')
})

test('scoped, unscoped and restricted packages are published', async () => {
  const client = await yarn()
  const publish = async (name: string, ...more: string[]) =>
    client.run([...publishing, ...more], { cwd: await registry().packageFolder({ name, version: '1.0.0' }) })
  await publish('@acme/open')
  await publish('yarn-unscoped')
  await publish('@acme/shut', '--access', 'restricted')
  const stranger = await yarn(bob)
  for (const name of ['@acme/open', 'yarn-unscoped']) expect((await stranger.run(['info', name, 'version'])).stdout).toContain('1.0.0')
  expect((await stranger.attempt(['info', '@acme/shut', 'version'])).stdout).not.toContain('1.0.0')
  const cwd = await registry().packageFolder({ name: '@acme/foreign', version: '1.0.0' })
  expect((await stranger.attempt(publishing, { cwd })).code).not.toBe(0)
})

test('tags are added, listed and removed', async () => {
  for (const version of ['1.0.0', '2.0.0']) await registry().publish({ name: '@acme/tagged', version })
  const client = await yarn()
  await client.run(['tag', 'add', '@acme/tagged@1.0.0', 'stable'])
  expect((await client.run(['tag', 'list', '@acme/tagged'])).stdout).toContain('stable: 1.0.0')
  await client.run(['tag', 'remove', '@acme/tagged', 'stable'])
  expect((await client.run(['tag', 'list', '@acme/tagged'])).stdout).not.toContain('stable')
})

test('owners are listed', async () => {
  await registry().publish({ name: '@acme/owned', version: '1.0.0' })
  expect((await (await yarn()).run(['owner', 'list', '@acme/owned'])).stdout).toMatch(/info ann /)
})

test('info, outdated and pack', async () => {
  for (const version of ['1.0.0', '2.0.0']) await registry().publish({ name: '@acme/shown', version })
  const client = await yarn()
  expect((await client.run(['info', '@acme/shown', 'versions', '--json'])).stdout).toContain('["1.0.0","2.0.0"]')
  const cwd = await client.project({ dependencies: { '@acme/shown': '1.0.0' } })
  await client.run(['install'], { cwd })
  // It exits with 1 when there is something to tell.
  expect((await client.attempt(['outdated'], { cwd })).stdout).toMatch(/@acme\/shown\s+1\.0\.0\s+1\.0\.0\s+2\.0\.0/)
  const packed = await registry().packageFolder({ name: '@acme/packed', version: '1.0.0' })
  await client.run(['pack'], { cwd: packed })
  await stat(join(packed, 'acme-packed-v1.0.0.tgz'))
})

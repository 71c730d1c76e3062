import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { installTests } from '../support/npm-install-tests.ts'
import { writePackage } from '../support/npm-package.ts'
import { ann, bob } from '../support/npm-registry.ts'
import { useNpmRegistry } from '../support/npm-test-file.ts'
import { approveInBrowser } from '../support/npm-web-login.ts'

// Not here: `team ls` and `access list collaborators`, which want other answers than npm does from the same routes.

const registry = useNpmRegistry()
const pnpm = (person = ann) => registry().client('pnpm', person)
const publishing = ['publish', '--no-git-checks']

async function publish(manifest: Readonly<Record<string, unknown>>, ...more: string[]): Promise<void> {
  const client = await pnpm()
  await client.run([...publishing, ...more], { cwd: await registry().packageFolder({ version: '1.0.0', ...manifest }) })
}

installTests({ command: 'pnpm', install: ['install'], frozen: ['install', '--frozen-lockfile'], lockfile: 'pnpm-lock.yaml' }, registry)

test('login in a browser, whoami, logout', async () => {
  const client = await registry().client('pnpm')
  expect((await client.attempt(['whoami'])).code).not.toBe(0)
  await client.talk(['login'], [{ when: /https?:\S+login\/[\w-]+/, type: (shown) => approveInBrowser(shown, ann) }], {
    env: { BROWSER: 'true' },
  })
  expect((await client.run(['whoami'])).stdout.trim()).toBe('ann')
  await client.run(['logout'])
  expect((await client.attempt(['whoami'])).code).not.toBe(0)
})

test('scoped, unscoped and restricted packages are published', async () => {
  await publish({ name: '@acme/open' })
  await publish({ name: 'pnpm-unscoped' })
  await publish({ name: '@acme/shut' }, '--access=restricted')
  const stranger = await pnpm(bob)
  expect((await stranger.run(['view', '@acme/open', 'version'])).stdout.trim()).toBe('1.0.0')
  expect((await stranger.run(['view', 'pnpm-unscoped', 'version'])).stdout.trim()).toBe('1.0.0')
  expect((await stranger.attempt(['view', '@acme/shut', 'version'])).code).not.toBe(0)
  const cwd = await registry().packageFolder({ name: '@acme/foreign', version: '1.0.0' })
  expect((await stranger.attempt(publishing, { cwd })).code).not.toBe(0)
})

test('several packages of a workspace are published in one batch', async () => {
  const client = await pnpm()
  const cwd = await client.project({}, { 'pnpm-workspace.yaml': 'packages:\n  - packages/*\n' })
  for (const name of ['one', 'two']) await writePackage(join(cwd, 'packages', name), { name: `@acme/batch-${name}`, version: '1.0.0' })
  await client.run([...publishing, '--recursive', '--batch'], { cwd })
  for (const name of ['one', 'two']) expect((await client.run(['view', `@acme/batch-${name}`, 'version'])).stdout.trim()).toBe('1.0.0')
})

test('ci installs by the lockfile', async () => {
  await registry().publish({ name: '@acme/ci', version: '1.0.0' })
  const client = await pnpm()
  const cwd = await client.project({ dependencies: { '@acme/ci': '1.0.0' } })
  await client.run(['install'], { cwd })
  await client.run(['ci'], { cwd })
  await stat(join(cwd, 'node_modules/@acme/ci/package.json'))
})

test('audit knows what was imported, and signatures are verified', async () => {
  for (const version of ['1.0.0', '2.0.0']) await registry().publish({ name: '@acme/holey', version })
  await registry().importAdvisory('@acme/holey')
  const client = await pnpm()
  const cwd = await client.project({ dependencies: { '@acme/holey': '1.0.0' } })
  await client.run(['install'], { cwd })
  const found = await client.attempt(['audit', '--json'], { cwd })
  expect(found.code).toBe(1)
  expect(JSON.parse(found.stdout)).toMatchObject({ metadata: { vulnerabilities: { critical: 1 } } })
  expect((await client.run(['audit', 'signatures'], { cwd })).stdout).toMatch(/1 package has a verified registry signature/)
  await client.run(['add', '@acme/holey@2'], { cwd })
  expect((await client.run(['audit'], { cwd })).stdout).toContain('No known vulnerabilities found')
})

test('dist-tags, deprecation, view, search and pack', async () => {
  await publish({ name: '@acme/changed', description: 'An axolotl' })
  const client = await pnpm()
  await client.run(['dist-tag', 'add', '@acme/changed@1.0.0', 'stable'])
  expect((await client.run(['dist-tag', 'ls', '@acme/changed'])).stdout.trim().split('\n').sort()).toEqual([
    'latest: 1.0.0',
    'stable: 1.0.0',
  ])
  await client.run(['dist-tag', 'rm', '@acme/changed', 'stable'])
  expect((await client.run(['dist-tag', 'ls', '@acme/changed'])).stdout.trim()).toBe('latest: 1.0.0')
  await client.run(['deprecate', '@acme/changed@1.0.0', 'old'])
  expect((await client.run(['view', '@acme/changed', 'deprecated'])).stdout.trim()).toBe('old')
  await client.run(['undeprecate', '@acme/changed@1.0.0'])
  expect(await client.json(['view', '@acme/changed', '--json'])).toMatchObject({ name: '@acme/changed', version: '1.0.0' })
  const found = async () => (await client.json<{ name: string }[]>(['search', 'axolotl', '--json'])).map(({ name }) => name)
  await expect.poll(found, { timeout: 20_000, interval: 200 }).toEqual(['@acme/changed'])
  const cwd = await registry().packageFolder({ name: '@acme/packed', version: '1.0.0' })
  await client.run(['pack'], { cwd })
  await stat(join(cwd, 'acme-packed-1.0.0.tgz'))
})

test('one version is unpublished, then all', async () => {
  for (const version of ['1.0.0', '1.1.0']) await publish({ name: '@acme/gone', version })
  const client = await pnpm()
  await client.run(['unpublish', '@acme/gone@1.1.0'])
  expect((await client.run(['view', '@acme/gone', 'version'])).stdout.trim()).toBe('1.0.0')
  await client.run(['unpublish', '--force', '@acme/gone'])
  expect((await client.attempt(['view', '@acme/gone'])).code).not.toBe(0)
})

test('owners, access and stars', async () => {
  await publish({ name: '@acme/owned' })
  const client = await pnpm()
  await client.run(['owner', 'add', '@acme/owned', 'bob'])
  expect((await client.run(['owner', 'ls', '@acme/owned'])).stdout).toMatch(/^bob/m)
  await client.run(['owner', 'add', '@acme/owned', 'ann'])
  await client.run(['owner', 'rm', '@acme/owned', 'bob'])
  expect((await client.run(['owner', 'ls', '@acme/owned'])).stdout).not.toMatch(/^bob/m)
  await client.run(['access', 'set', 'status=private', '@acme/owned'])
  expect(await client.json(['access', 'get', 'status', '@acme/owned', '--json'])).toMatchObject({ access: 'restricted' })
  await client.run(['access', 'set', 'status=public', '@acme/owned'])
  expect((await client.run(['access', 'list', 'packages', '@acme'])).stdout).toContain('@acme/owned: write')
  await client.run(['star', '@acme/owned'])
  expect((await client.run(['stars'])).stdout.trim()).toBe('@acme/owned')
  await client.run(['unstar', '@acme/owned'])
  expect((await client.run(['stars'])).stdout.trim()).toBe('')
})

test('teams, profile, tokens and ping', async () => {
  await registry().api('/npm/-/org/acme/user', { method: 'PUT', as: ann, body: { user: 'bob', role: 'developer' } })
  await publish({ name: '@acme/teamed' })
  const client = await pnpm()
  await client.run(['team', 'create', '@acme:builders'])
  await client.run(['team', 'add', '@acme:builders', 'bob'])
  await client.run(['access', 'grant', 'read-write', '@acme:builders', '@acme/teamed'])
  expect((await client.run(['access', 'list', 'packages', '@acme:builders'])).stdout).toContain('@acme/teamed: write')
  await client.run(['access', 'revoke', '@acme:builders', '@acme/teamed'])
  await client.run(['team', 'rm', '@acme:builders', 'bob'])
  await client.run(['team', 'destroy', '@acme:builders'])
  await client.run(['profile', 'set', 'fullname', 'Ann of Acme'])
  expect(await client.json(['profile', 'get', '--json'])).toMatchObject({ name: 'ann', fullname: 'Ann of Acme' })
  expect((await client.run(['ping'])).stdout).toContain('PONG')
  await registry().api('/v1/tokens', { method: 'POST', as: ann, body: { name: 'robot', scopes: ['read'] } })
  const tokens = () => client.json<{ key: string; name: string }[]>(['token', 'list', '--json'])
  const robot = (await tokens()).find(({ name }) => name === 'robot')
  await client.run(['token', 'revoke', robot?.key ?? ''])
  expect((await tokens()).map(({ name }) => name)).not.toContain('robot')
})

test('a staged version is published when it is approved', async () => {
  await publish({ name: '@acme/staged' })
  const client = await pnpm()
  const stage = async (version: string) => {
    const cwd = await registry().packageFolder({ name: '@acme/staged', version })
    const { stdout } = await client.run(['stage', ...publishing, '--json'], { cwd })
    return /"stageId": "([\w-]+)"/.exec(stdout)?.[1] ?? ''
  }
  const [first, second] = [await stage('1.1.0'), await stage('1.2.0')]
  expect((await client.json<{ id: string }[]>(['stage', 'list', '--json'])).map(({ id }) => id).sort()).toEqual([first, second].sort())
  await client.run(['stage', 'approve', first])
  await client.run(['stage', 'reject', second])
  expect(await client.json(['view', '@acme/staged', 'versions', '--json'])).toEqual(['1.0.0', '1.1.0'])
})

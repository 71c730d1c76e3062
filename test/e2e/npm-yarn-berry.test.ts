import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { installTests } from '../support/npm-install-tests.ts'
import { ann, bob, type Person } from '../support/npm-registry.ts'
import { useNpmRegistry } from '../support/npm-test-file.ts'
import { approveInBrowser } from '../support/npm-web-login.ts'

const registry = useNpmRegistry()
const yarn = (person?: Person) => registry().client('yarn-berry', person)
/** A folder that yarn takes for a project of its own. */
const packageFolder = (manifest: Readonly<Record<string, unknown>>) =>
  registry().packageFolder(manifest, { 'index.js': '\n', 'yarn.lock': '' })

async function publish(manifest: { name: string; version?: string }, ...more: string[]): Promise<void> {
  const client = await yarn(ann)
  const cwd = await packageFolder({ version: '1.0.0', ...manifest })
  await client.run(['install'], { cwd })
  await client.run(['npm', 'publish', ...more], { cwd })
}

installTests({ command: 'yarn-berry', install: ['install'], frozen: ['install', '--immutable'], lockfile: 'yarn.lock' }, registry)

test('login by name and password, whoami, logout', async () => {
  const client = await yarn()
  const cwd = await client.project()
  await client.talk(
    ['npm', 'login'],
    [
      { when: /Username:/, type: ann.username },
      { when: /Password:/, type: ann.password },
    ],
    { cwd },
  )
  expect((await client.run(['npm', 'whoami'], { cwd })).stdout).toContain('ann')
  await client.run(['npm', 'logout'], { cwd })
  expect((await client.attempt(['npm', 'whoami'], { cwd })).code).not.toBe(0)
})

test('login in a browser', async () => {
  const client = await yarn()
  const cwd = await client.project()
  await client.talk(
    ['npm', 'login', '--web-login'],
    [
      { when: /open your browser now/, type: 'n' },
      { when: /https?:\S+login\/[\w-]+/, type: (shown) => approveInBrowser(shown, ann) },
    ],
    { cwd },
  )
  expect((await client.run(['npm', 'whoami'], { cwd })).stdout).toContain('ann')
})

test('scoped, unscoped and restricted packages are published', async () => {
  await publish({ name: '@acme/open' }, '--access', 'public')
  await publish({ name: 'berry-unscoped' })
  // What it takes for granted when there is a scope.
  await publish({ name: '@acme/shut' })
  const stranger = await yarn(bob)
  const cwd = await stranger.project()
  for (const name of ['@acme/open', 'berry-unscoped'])
    expect(await stranger.json(['npm', 'info', name, '--json'], { cwd })).toMatchObject({ name, version: '1.0.0' })
  expect((await stranger.attempt(['npm', 'info', '@acme/shut', '--json'], { cwd })).code).not.toBe(0)
  const foreign = await packageFolder({ name: '@acme/foreign', version: '1.0.0' })
  await stranger.run(['install'], { cwd: foreign })
  expect((await stranger.attempt(['npm', 'publish'], { cwd: foreign })).code).not.toBe(0)
})

test('tags are added, listed and removed', async () => {
  for (const version of ['1.0.0', '2.0.0']) await registry().publish({ name: '@acme/tagged', version })
  const client = await yarn(ann)
  const cwd = await client.project()
  await client.run(['npm', 'tag', 'add', '@acme/tagged@1.0.0', 'stable'], { cwd })
  expect((await client.run(['npm', 'tag', 'list', '@acme/tagged'], { cwd })).stdout).toContain('@acme/tagged@stable → 1.0.0')
  await client.run(['npm', 'tag', 'remove', '@acme/tagged', 'stable'], { cwd })
  expect((await client.run(['npm', 'tag', 'list', '@acme/tagged'], { cwd })).stdout).not.toContain('stable')
})

test('audit knows what was imported', async () => {
  for (const version of ['1.0.0', '2.0.0']) await registry().publish({ name: '@acme/holey', version })
  await registry().importAdvisory('@acme/holey')
  const client = await yarn(ann)
  const cwd = await client.project({ dependencies: { '@acme/holey': '1.0.0' } })
  await client.run(['install'], { cwd })
  const found = await client.attempt(['npm', 'audit', '--json'], { cwd })
  expect(found.code).toBe(1)
  expect(JSON.parse(found.stdout)).toMatchObject({ value: '@acme/holey', children: { Severity: 'critical' } })
  await client.run(['up', '@acme/holey@2.0.0'], { cwd })
  expect((await client.run(['npm', 'audit'], { cwd })).stdout).toContain('No audit suggestions')
})

test('a staged version is published when it is approved', async () => {
  await publish({ name: '@acme/staged' })
  await publish({ name: '@acme/staged', version: '1.1.0' }, '--staged')
  await publish({ name: '@acme/staged', version: '1.2.0' }, '--staged')
  const client = await yarn(ann)
  const cwd = await client.project()
  const listed = async () =>
    (await client.run(['npm', 'stage', 'list', '--json'], { cwd })).stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { value: { locator: string }; children: { ID: string } })
      .map(({ value, children }) => [value.locator, children.ID] as const)
  const staged = Object.fromEntries(await listed())
  expect(Object.keys(staged).sort()).toEqual(['@acme/staged@1.1.0', '@acme/staged@1.2.0'])
  await client.run(['npm', 'stage', 'approve', staged['@acme/staged@1.1.0'] ?? ''], { cwd })
  await client.run(['npm', 'stage', 'reject', staged['@acme/staged@1.2.0'] ?? ''], { cwd })
  expect(await listed()).toEqual([])
  expect(await client.json(['npm', 'info', '@acme/staged', '--json'], { cwd })).toMatchObject({ versions: ['1.0.0', '1.1.0'] })
})

test('a package published by yarn is what yarn installs, with its readme', async () => {
  const folder = await registry().packageFolder({ name: '@acme/read', version: '1.0.0' }, { 'README.md': '# Read me\n', 'yarn.lock': '' })
  const client = await yarn(ann)
  await client.run(['install'], { cwd: folder })
  await client.run(['npm', 'publish'], { cwd: folder })
  const cwd = await client.project({ dependencies: { '@acme/read': '1.0.0' } })
  await client.run(['install'], { cwd })
  expect(await readFile(join(cwd, 'node_modules/@acme/read/README.md'), 'utf8')).toBe('# Read me\n')
  expect(await registry().api('/npm/@acme%2fread', { as: ann })).toMatchObject({ readme: '# Read me\n' })
})

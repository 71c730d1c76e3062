import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cli, cliOf } from '../support/run-cli.ts'
import { type RunningRegistry, runRegistry } from '../support/run-registry.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'

let folder: TemporaryFolder
let registry: RunningRegistry
let cli: Cli

beforeAll(async () => {
  folder = await temporaryFolder()
  registry = await runRegistry()
  cli = cliOf(join(folder.path, 'config'), registry.url)
  await cli.login()
})

afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

test('a publish that is typed again succeeds when the version is exactly that, and not otherwise', async () => {
  const file = join(folder.path, 'tool.bin')
  await writeFile(file, 'tool')
  const publish = ['publish', 'admin/tool@1.0.0', file, '--type', 'module-binary']
  const first = await cli.json<{ digest: string; status: string }>(publish)
  expect(await cli.json(publish)).toMatchObject({ status: 'completed', digest: first.digest })
  await writeFile(file, 'another tool')
  const other = await cli.run([...publish, '--json'])
  expect([other.code, JSON.parse(other.stdout)]).toMatchObject([1, { problem: { code: 'metadata.version_exists' } }])
})

test('login replaces its token of this machine by one that expires', async () => {
  const file = join(folder.path, 'config/gati-registry/credentials.json')
  const stored = async () => {
    const { registries } = JSON.parse(await readFile(file, 'utf8')) as { registries: Record<string, { tokenId: string }> }
    return registries[registry.url]?.tokenId
  }
  const old = await stored()
  await cli.login()
  const tokens = await cli.json<{ id: string; expiresAt: string }[]>(['token', 'list'])
  expect(tokens.map(({ id }) => id)).not.toContain(old)
  const current = await stored()
  const own = tokens.find(({ id }) => id === current)
  const days = (Date.parse(own?.expiresAt ?? '') - Date.now()) / 86_400_000
  expect(Math.round(days)).toBe(90)
})

test('a collection started on the command line is in the audit log', async () => {
  await cli.json(['gc'], { env: { REGISTRY_DATA_DIR: registry.dataDir } })
  expect(await cli.json(['audit', 'list', '--all', '--action', 'garbage.collected'])).toMatchObject([{ actor: 'cli' }])
  expect(await cli.json(['gc', '--remote'])).toMatchObject({ blobs: 0 })
  expect(await cli.json(['fsck', '--remote'])).toMatchObject({ errors: [] })
})

test('accounts, organizations and teams are changed', async () => {
  await cli.run(['user', 'create', 'grace', '--email', 'grace@example.org'], { input: 'correct horse battery' })
  expect(await cli.json(['user', 'set', 'grace', '--admin'])).toMatchObject({ isAdmin: true })
  expect(await cli.json(['user', 'set', 'grace', '--no-admin'])).toMatchObject({ isAdmin: false })
  await cli.json(['org', 'create', 'navy'])
  expect(await cli.json(['org', 'set', 'navy', '--display-name', 'The Navy'])).toMatchObject({ displayName: 'The Navy' })
  await cli.json(['team', 'create', 'navy', 'crew'])
  expect(await cli.json(['team', 'set', 'navy', 'crew', '--description', 'all hands'])).toMatchObject({ description: 'all hands' })
})

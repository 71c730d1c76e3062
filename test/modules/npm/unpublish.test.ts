import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPackages, type Packages } from './open-packages.ts'

let registry: Packages
let publish: (name: string, ...versions: string[]) => Promise<void>
beforeAll(async () => {
  registry = await openPackages()
  const ada = await registry.user('ada')
  await registry.user('bob')
  publish = (name, ...versions) => registry.publish(ada, name, ...versions)
})
afterAll(() => registry[Symbol.asyncDispose]())

const documentOf = (...versions: string[]) => ({
  versions: Object.fromEntries(versions.map((version) => [version, { version, dist: {} }])),
})
const put = async (name: string, body: object, { as = 'ada', rev = undefined as string | undefined } = {}) =>
  registry.call('PUT', `/${name}/-rev/${rev ?? (await registry.revOf(name))}`, { as, body })
const remove = async (path: string, { as = 'ada', rev }: { as?: string; rev: string }) =>
  registry.call('DELETE', `/${path}/-rev/${rev}`, { as })
const states = async (name: string) => {
  const rows = await registry.sql<{ version: string; state: string }>`
    select version, state from versions where artifact_id in (select id from artifacts where name = ${name.split('/').at(-1)}) order by sort_key`
  return Object.fromEntries(rows.map(({ version, state }) => [version, state]))
}
const done = { status: 200, body: { ok: true } }

test('npm unpublish of one version: the document without it, then its tarball', async () => {
  await publish('@ada/one', '1.0.0', '1.1.0', '2.0.0')
  const stale = await registry.revOf('@ada/one')
  expect(await put('@ada/one', documentOf('1.0.0', '2.0.0'))).toEqual(done)
  expect(await states('@ada/one')).toEqual({ '1.0.0': 'published', '1.1.0': 'deleted', '2.0.0': 'published' })
  const rev = await registry.revOf('@ada/one')
  expect(await remove('@ada/one/-/one-1.1.0.tgz', { rev })).toEqual(done)
  expect(await remove('@ada/one/-/one-1.1.0.tgz', { rev: stale })).toEqual(done)
  expect(await registry.revOf('@ada/one')).toBe(rev)
  expect(await put('@ada/one', documentOf('1.0.0'), { rev: stale })).toMatchObject({
    status: 409,
    body: { code: 'metadata.artifact_changed' },
  })
})

test('the second step alone unpublishes as well', async () => {
  await publish('alone', '1.0.0', '1.0.1')
  const rev = await registry.revOf('alone')
  expect(await remove('alone/-/alone-1.0.1.tgz', { rev: '1-x' })).toMatchObject({ status: 409 })
  expect(await remove('alone/-/alone-9.0.0.tgz', { rev })).toMatchObject({ status: 404 })
  expect(await remove('alone/-/other.tgz', { rev })).toMatchObject({ status: 404 })
  expect(await remove('alone/-/alone-1.0.1.tgz', { rev })).toEqual(done)
  expect(await states('alone')).toEqual({ '1.0.0': 'published', '1.0.1': 'deleted' })
})

test('latest goes to the highest release, and to a pre-release when nothing else is left', async () => {
  await publish('tagged', '1.0.0', '2.0.0-rc.1', '3.0.0')
  await registry.call('PUT', '/-/package/tagged/dist-tags/latest', {
    as: 'ada',
    body: '"3.0.0"',
    headers: { 'content-type': 'application/json' },
  })
  expect(await put('tagged', documentOf('1.0.0', '2.0.0-rc.1'))).toEqual(done)
  expect(await registry.tagsOf('tagged')).toEqual({ latest: '1.0.0' })
  expect(await put('tagged', documentOf('2.0.0-rc.1'))).toEqual(done)
  expect(await registry.tagsOf('tagged')).toEqual({ latest: '2.0.0-rc.1' })
})

test('a document cannot bring versions in, nor a tarball', async () => {
  await publish('strict', '1.0.0', '1.0.1')
  expect(await put('strict', documentOf('1.0.0', '1.0.1', '5.0.0'))).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining('5.0.0') },
  })
  expect(await put('strict', documentOf('1.0.0', '5.0.0'))).toMatchObject({ status: 400 })
  const attached = { ...documentOf('1.0.0', '1.0.1'), _attachments: { 'strict-1.0.0.tgz': { data: 'AAAA', length: 3 } } }
  expect(await put('strict', attached)).toMatchObject({ status: 400 })
  expect(await put('strict', { versions: {} })).toMatchObject({ status: 400 })
  expect(await states('strict')).toEqual({ '1.0.0': 'published', '1.0.1': 'published' })
})

test('a version that is in no document, because it is no package of npm, is not taken out of one', async () => {
  await publish('mixed', '1.0.0', '1.0.1')
  await registry.sql`delete from package_versions where version_id in (select id from versions where version = '1.0.1'
    and artifact_id = (select id from artifacts where name = 'mixed'))`
  expect(await put('mixed', documentOf('1.0.0'))).toEqual(done)
  expect(await states('mixed')).toEqual({ '1.0.0': 'published', '1.0.1': 'published' })
})

test('D-7: everything goes in one step, names and versions stay taken, and another version brings the package back', async () => {
  await publish('gone', '1.0.0', '1.0.1', '2.0.0-rc.1')
  const rev = await registry.revOf('gone')
  expect(await remove('gone', { rev: `0-${rev.split('-')[1]}` })).toMatchObject({ status: 409 })
  expect(await remove('gone', { rev })).toEqual(done)
  expect(await states('gone')).toEqual({ '1.0.0': 'deleted', '1.0.1': 'deleted', '2.0.0-rc.1': 'deleted' })
  expect(await registry.call('GET', '/-/package/gone/dist-tags')).toMatchObject({ status: 404 })
  expect(await remove('gone', { rev: await registry.revOf('gone') })).toMatchObject({ status: 404 })
  await expect(publish('gone', '1.0.1')).rejects.toMatchObject({ code: 'metadata.version_exists' })
  await publish('gone', '1.0.2')
  expect(await registry.tagsOf('gone')).toEqual({ latest: '1.0.2' })
  await expect(registry.publish(await registry.user('carl'), 'gone', '9.0.0')).rejects.toMatchObject({ code: 'auth.forbidden' })
})

test('after 72 hours nothing goes, unless an administrator says so', async () => {
  await publish('aged', '1.0.0', '1.0.1')
  await registry.age('aged')
  await publish('aged', '1.0.2')
  const rev = await registry.revOf('aged')
  const refused = await remove('aged', { rev })
  expect(refused).toMatchObject({
    status: 409,
    body: { code: 'metadata.unpublish_window_closed', error: expect.stringContaining('1.0.0') },
  })
  expect(await put('aged', documentOf('1.0.0', '1.0.2'))).toMatchObject({ status: 409 })
  expect(await states('aged')).toEqual({ '1.0.0': 'published', '1.0.1': 'published', '1.0.2': 'published' })
  expect(await put('aged', documentOf('1.0.0', '1.0.1'))).toEqual(done)
  expect(await remove('aged', { as: 'admin', rev: await registry.revOf('aged') })).toEqual(done)
  expect(Object.values(await states('aged'))).toEqual(['deleted', 'deleted', 'deleted'])
})

test('D-13, D-21: strangers, readers and credentials with less than admin unpublish nothing', async () => {
  await publish('@ada/secret', '1.0.0', '1.0.1')
  await publish('open', '1.0.0', '1.0.1')
  const rev = await registry.revOf('@ada/secret')
  for (const path of ['@ada/secret', '@ada/secret/-/secret-1.0.0.tgz']) {
    const hidden = await remove(path, { as: 'bob', rev })
    expect(hidden).toEqual(await remove(path.replaceAll('secret', 'nosuch'), { as: 'bob', rev }))
    expect(hidden.status).toBe(404)
  }
  expect(await put('@ada/secret', documentOf('1.0.0'), { as: 'bob' })).toMatchObject({ status: 404 })
  expect(await put('open', documentOf('1.0.0'), { as: 'bob' })).toMatchObject({ status: 403 })
  expect(await remove('open', { as: 'bob', rev: await registry.revOf('open') })).toMatchObject({ status: 403 })
  expect((await registry.call('DELETE', '/open/-rev/1-2')).status).toBe(401)
  expect(Object.values(await states('open'))).toEqual(['published', 'published'])
})

test('a document of 40 MB goes through without being held', async () => {
  await publish('huge', '1.0.0', '1.0.1')
  const readme = 'x'.repeat(500_000)
  const versions = { '1.0.0': { version: '1.0.0', readme }, ...{} }
  const body = { ...Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`extra${index}`, readme])), versions }
  expect(JSON.stringify(body).length).toBeGreaterThan(40_000_000)
  expect(await put('huge', body)).toEqual(done)
  expect(await states('huge')).toEqual({ '1.0.0': 'published', '1.0.1': 'deleted' })
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Caller, type Documents, openDocuments } from '../npm/open-documents.ts'
import { integrityOf, packed, shasumOf } from '../npm/package-tarball.ts'

let door: Documents
let ann: Caller
beforeAll(async () => {
  door = await openDocuments()
  ann = await door.user('ann')
})
afterAll(() => door[Symbol.asyncDispose]())

const asAnn = { as: 'ann' }

test('a version that came through another door is described from its tarball', async () => {
  const packageJson = { name: '@ann/other', version: '1.0.0', description: 'from elsewhere', scripts: { postinstall: 'node x' } }
  const tarball = await packed(packageJson, { 'README.md': '# Elsewhere', 'index.js': '' })
  await door.publish(ann, '@ann/other', { tarball, undescribed: true })
  const document = (await door.send('/@ann/other', asAnn)).json()
  expect(document).toMatchObject({ description: 'from elsewhere', readme: '# Elsewhere', 'dist-tags': { latest: '1.0.0' } })
  const { dist } = document.versions['1.0.0']
  expect(dist).toMatchObject({ integrity: integrityOf(tarball), shasum: shasumOf(tarball), fileCount: 3 })
  expect(dist.signatures).toHaveLength(1)
  expect((await door.send('/@ann/other/-/other-1.0.0.tgz', asAnn)).bytes).toEqual(tarball)
})

test.each([
  ['/@ann/first-manifest/1.0.0', 'first-manifest'],
  ['/@ann/first-tarball/-/first-tarball-1.0.0.tgz', 'first-tarball'],
])('also when %s is what is asked for first', async (path, name) => {
  const tarball = await packed({ name: `@ann/${name}`, version: '1.0.0' })
  await door.publish(ann, `@ann/${name}`, { tarball, undescribed: true })
  expect((await door.send(path, asAnn)).status).toBe(200)
})

test('what is no package of that name is not shown, and looked at once', async () => {
  await door.publish(ann, '@ann/mixed@1.0.0')
  await door.publish(ann, '@ann/mixed@1.0.1', { tarball: Buffer.from('no archive'), undescribed: true })
  await door.publish(ann, '@ann/mixed@1.0.2', { tarball: await packed({ name: '@ann/else', version: '1.0.2' }), undescribed: true })
  const document = (await door.send('/@ann/mixed', asAnn)).json()
  expect(Object.keys(document.versions)).toEqual(['1.0.0'])
  expect(document['dist-tags']).toEqual({})
  expect((await door.send('/@ann/mixed/1.0.1', asAnn)).status).toBe(404)
  expect((await door.send('/@ann/mixed/-/mixed-1.0.2.tgz', asAnn)).status).toBe(404)
  const rows = await door.sql<{
    unreadable: string
  }>`select unreadable from package_versions where unreadable is not null order by version_id`
  expect(rows.map(({ unreadable }) => unreadable)).toEqual([expect.stringContaining('tarball'), expect.stringContaining('@ann/else@1.0.2')])
})

test('a package of which nothing is a package is none', async () => {
  await door.publish(ann, '@ann/nothing', { tarball: Buffer.from('no archive'), undescribed: true })
  expect((await door.send('/@ann/nothing', asAnn)).status).toBe(404)
})

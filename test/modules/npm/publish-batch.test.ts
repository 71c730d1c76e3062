import { expect, test } from 'vitest'
import { openPublishing } from './open-publishing.ts'
import { npmDocument, packed } from './package-tarball.ts'

const documentOf = async (name: string, version = '1.0.0') => npmDocument({ name, version }, await packed({ name, version }))
const url = '/npm/-/pnpm/v1/publish'

test('pnpm publishes a workspace in one request', async () => {
  await using door = await openPublishing()
  const packages = await Promise.all(['@acme/b', '@acme/a', 'unscoped'].map((name) => documentOf(name)))
  const answer = await door.send('PUT', url, { as: 'ann', body: { packages } })
  expect([answer.status, answer.json()]).toEqual([201, { ok: true, success: true }])
  for (const { name } of packages) {
    const document = await door.send('GET', `/npm/${name.replace('/', '%2f')}`, { as: 'ann' })
    expect(document.json()).toMatchObject({ name, 'dist-tags': { latest: '1.0.0' } })
  }
})

test('of a batch that fails in one package nothing is published', async () => {
  await using door = await openPublishing()
  expect((await door.publish('@acme/taken', '1.0.0')).status).toBe(201)
  const fine = await documentOf('@acme/fine')
  const hostile = {
    ...(await documentOf('@acme/hostile')),
    _attachments: { 'a.tgz': { data: Buffer.from('no tarball').toString('base64') } },
  }
  const { _attachments, name, ...rest } = await documentOf('@acme/late')
  const cases: [unknown[], number, string][] = [
    [[fine, await documentOf('@acme/taken')], 409, 'metadata.version_exists'],
    [[fine, hostile], 400, 'packuments.tarball_invalid'],
    [[fine, await documentOf('@nobody/x')], 404, 'metadata.artifact_not_found'],
    [[fine, await documentOf('@acme/fine', '1.0.1')], 400, 'npm.publish_invalid'],
    [[fine, { name: '@acme/other', versions: {} }], 400, 'npm.publish_invalid'],
    [[fine, { _attachments, name, ...rest }], 400, 'npm.name_invalid'],
    [[], 400, 'npm.publish_invalid'],
  ]
  for (const [packages, status, code] of cases) {
    const answer = await door.send('PUT', url, { as: 'ann', body: { packages } })
    expect([answer.status, answer.code]).toEqual([status, code])
  }
  expect((await door.send('PUT', url, { body: { packages: [fine] } })).status).toBe(401)
  expect((await door.send('GET', '/npm/@acme%2ffine', { as: 'ann' })).status).toBe(404)
})

test('D-6: batches that publish the same packages in another order do not wait for each other', async () => {
  await using door = await openPublishing()
  const names = ['@acme/a', '@acme/b', '@acme/c']
  for (const name of names) expect((await door.publish(name, '0.0.1')).status).toBe(201)
  const batches = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const packages = await Promise.all(names.map((name) => documentOf(name, `1.${index}.0`)))
      return { packages: index % 2 === 0 ? packages : packages.reverse() }
    }),
  )
  const answers = await Promise.all(batches.map((body) => door.send('PUT', url, { as: 'ann', body })))
  expect(answers.map(({ status }) => status)).toEqual(batches.map(() => 201))
})

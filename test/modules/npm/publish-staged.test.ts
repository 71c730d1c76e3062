import { expect, test } from 'vitest'
import { Collection } from '../../../src/modules/artifacts/contract.ts'
import { StagedPublishes } from '../../../src/modules/packuments/contract.ts'
import { openPublishing, type PublishingDoor } from './open-publishing.ts'
import { npmDocument, packed, shasumOf } from './package-tarball.ts'

async function stage(door: PublishingDoor, version: string, name = '@acme/widget') {
  const tarball = await packed({ name, version }, { 'index.js': version })
  const body = npmDocument({ name, version }, tarball, { tag: 'next' })
  const answer = await door.send('POST', `/npm/-/stage/package/${name.replace('/', '%2f')}`, { as: 'ann', body })
  return { answer, tarball, id: answer.status === 201 ? answer.json<{ stageId: string }>().stageId : '' }
}
const versionsOf = async (door: PublishingDoor) =>
  Object.keys((await door.send('GET', '/npm/@acme%2fwidget', { as: 'ann' })).json<{ versions: object }>().versions)

test('a staged version is shown to publishers, can be downloaded, and is published when somebody approves', async () => {
  await using door = await openPublishing()
  await door.publish('@acme/widget', '1.0.0')
  const { answer, tarball, id } = await stage(door, '1.1.0')
  expect([answer.status, answer.json()]).toEqual([201, { stageId: expect.stringMatching(/^[0-9a-f-]{36}$/) }])
  const item = {
    ...{ id, packageName: '@acme/widget', version: '1.1.0', tag: 'next', actor: 'ann', actorType: 'user' },
    ...{ shasum: shasumOf(tarball), createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) },
  }
  expect((await door.send('GET', `/npm/-/stage/${id}`, { as: 'ann' })).json()).toEqual(item)
  expect((await door.send('GET', '/npm/-/stage?page=0&perPage=100', { as: 'ann' })).json()).toEqual({
    items: [item],
    total: 1,
    page: 0,
    perPage: 100,
  })
  expect((await door.send('GET', `/npm/-/stage/${id}/tarball`, { as: 'ann' })).bytes.equals(tarball)).toBe(true)
  expect(await versionsOf(door)).toEqual(['1.0.0'])

  const approved = await door.send('POST', `/npm/-/stage/${id}/approve`, { as: 'ann' })
  expect([approved.status, approved.json()]).toEqual([201, { ok: true, success: true, packageName: '@acme/widget', version: '1.1.0' }])
  expect(await versionsOf(door)).toEqual(['1.0.0', '1.1.0'])
  const served = await door.send('GET', '/npm/@acme/widget/-/widget-1.1.0.tgz', { as: 'ann' })
  expect(served.bytes.equals(tarball)).toBe(true)
  const again = await door.send('POST', `/npm/-/stage/${id}/approve`, { as: 'ann' })
  expect([again.status, again.code]).toEqual([404, 'npm.stage_not_found'])
})

test('D-5: a staged version that many approve at once is published once', async () => {
  await using door = await openPublishing()
  await door.publish('@acme/widget', '1.0.0')
  const { id } = await stage(door, '1.1.0')
  const answers = await Promise.all(Array.from({ length: 10 }, () => door.send('POST', `/npm/-/stage/${id}/approve`, { as: 'ann' })))
  const statuses = answers.map(({ status }) => status)
  expect(statuses.filter((status) => status === 201)).toHaveLength(1)
  expect(statuses.filter((status) => status === 404 || status === 409)).toHaveLength(9)
})

test('a rejected version is gone, and may be staged again', async () => {
  await using door = await openPublishing()
  await door.publish('@acme/widget', '1.0.0')
  const { id } = await stage(door, '1.1.0')
  expect((await stage(door, '1.1.0')).answer).toMatchObject({ status: 409, code: 'packuments.already_staged' })
  expect((await door.send('DELETE', `/npm/-/stage/${id}`, { as: 'ann' })).status).toBe(204)
  expect((await door.send('GET', `/npm/-/stage/${id}`, { as: 'ann' })).status).toBe(404)
  expect((await stage(door, '1.1.0')).answer.status).toBe(201)
})

test('who may not publish sees no staged version', async () => {
  await using door = await openPublishing()
  await door.publish('@acme/widget', '1.0.0')
  const { id } = await stage(door, '1.1.0')
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/tarball'],
    ['POST', '/approve'],
    ['DELETE', ''],
  ] as const) {
    const answer = await door.send(method, `/npm/-/stage/${id}${path}`, { as: 'bob' })
    expect([answer.status, answer.code]).toEqual([404, 'npm.stage_not_found'])
    expect((await door.send(method, `/npm/-/stage/${id}${path}`)).status).toBe(401)
  }
  expect((await door.send('GET', '/npm/-/stage', { as: 'bob' })).json()).toMatchObject({ items: [], total: 0 })
  expect((await door.send('GET', '/npm/-/stage?package=@acme%2fother', { as: 'ann' })).json()).toMatchObject({ items: [], total: 0 })
})

test('nothing is staged of a package that does not exist, or of a version that does', async () => {
  await using door = await openPublishing()
  expect((await stage(door, '1.0.0', '@acme/new')).answer.status).toBe(404)
  await door.publish('@acme/widget', '1.0.0')
  expect((await stage(door, '1.0.0')).answer).toMatchObject({ status: 409, code: 'metadata.version_exists' })
})

test('pages of staged versions count what can be reached', async () => {
  await using door = await openPublishing({ settings: { packuments: { maxStaged: 3 } } })
  await door.publish('@acme/widget', '1.0.0')
  for (const version of ['1.1.0', '1.2.0', '1.3.0']) expect((await stage(door, version)).answer.status).toBe(201)
  expect((await stage(door, '1.4.0')).answer.code).toBe('packuments.too_many_staged')
  const page = async (number: number) =>
    (await door.send('GET', `/npm/-/stage?page=${number}&perPage=2&package=@acme%2fwidget`, { as: 'ann' })).json<{
      items: { version: string }[]
      total: number
    }>()
  expect((await page(0)).items.map(({ version }) => version)).toEqual(['1.1.0', '1.2.0'])
  expect((await page(1)).items.map(({ version }) => version)).toEqual(['1.3.0'])
  expect((await page(1)).total).toBe(3)
})

test('D-15: what one user has staged is bounded in versions and bytes, over all packages', async () => {
  await using door = await openPublishing({ settings: { packuments: { maxStagedPerUser: 2 } } })
  for (const name of ['@acme/widget', '@acme/gadget']) await door.publish(name, '1.0.0')
  const first = await stage(door, '1.1.0')
  expect((await stage(door, '1.1.0', '@acme/gadget')).answer.status).toBe(201)
  const refused = (await stage(door, '1.2.0')).answer
  expect([refused.status, refused.code, refused.json()]).toMatchObject([
    ...[403, 'packuments.staging_full'],
    { error: expect.stringContaining('approve or reject'), details: { maxVersions: 2, versions: 2, wantedBytes: 1 } },
  ])
  expect(
    await door.sql`select 1 from blobs where id not in (select blob_id from artifact_blobs union select blob_id from blob_holds)`,
  ).toEqual([])
  expect((await door.send('DELETE', `/npm/-/stage/${first.id}`, { as: 'ann' })).status).toBe(204)
  expect((await stage(door, '1.2.0')).answer.status).toBe(201)
})

test('D-15: staged tarballs that are too large together are refused, however many come at once', async () => {
  const one = (await packed({ name: '@acme/widget', version: '1.1.0' }, { 'index.js': '1.1.0' })).length
  const maxStagedBytesPerUser = Math.floor(one * 2.5)
  await using door = await openPublishing({ settings: { packuments: { maxStagedBytesPerUser } } })
  await door.publish('@acme/widget', '1.0.0')
  const versions = ['1.1.0', '1.2.0', '1.3.0', '1.4.0', '1.5.0']
  const answers = (await Promise.all(versions.map((version) => stage(door, version)))).map(({ answer }) => answer)
  expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 403, 403, 403])
  const details = answers.find(({ status }) => status === 403)?.json<{ details: object }>().details
  expect(details).toMatchObject({ maxBytes: maxStagedBytesPerUser, versions: 2 })
  await door.sql`update staged_publishes set expires_at = now() - interval '1 second'`
  expect((await stage(door, '1.6.0')).answer.status).toBe(201)
})

test('what is kept of a staged version has no second copy of its tarball', async () => {
  await using door = await openPublishing()
  await door.publish('@acme/widget', '1.0.0')
  await stage(door, '1.1.0')
  const [row] = await door.sql<{ content: string }>`select content::text from staged_publishes`
  expect(row?.content).toContain('"integrity"')
  expect(row?.content).not.toContain('"Buffer"')
})

test('a list of staged versions does not read what is needed to publish them', async () => {
  await using door = await openPublishing()
  await door.publish('@acme/widget', '1.0.0')
  const { id } = await stage(door, '1.1.0')
  await door.sql`alter table staged_publishes rename column content to elsewhere`
  for (const path of ['', `/${id}`, `/${id}/tarball`])
    expect((await door.send('GET', `/npm/-/stage${path}`, { as: 'ann' })).status).toBe(200)
})

test('D-8: bytes of a staged version outlive their grace period, and go when it was rejected or nobody decided', async () => {
  await using door = await openPublishing({ settings: { artifacts: { gcGraceSeconds: 20, gcIntervalSeconds: 3_600 } } })
  await door.publish('@acme/widget', '1.0.0')
  const kept = await stage(door, '1.1.0')
  const rejected = await stage(door, '1.2.0')
  const collect = async () => {
    await door.sql`update blobs set touched_at = now() - interval '1 hour'`
    return (await door.kernel.resolve(Collection).collect()).blobs
  }
  expect(await collect()).toBe(0)
  expect((await door.send('DELETE', `/npm/-/stage/${rejected.id}`, { as: 'ann' })).status).toBe(204)
  expect(await collect()).toBe(1)
  expect((await door.send('GET', `/npm/-/stage/${kept.id}/tarball`, { as: 'ann' })).bytes.equals(kept.tarball)).toBe(true)

  await door.sql`update staged_publishes set expires_at = now() - interval '1 second'`
  await door.sql`update blob_holds set held_until = now() - interval '1 second'`
  expect((await door.send('POST', `/npm/-/stage/${kept.id}/approve`, { as: 'ann' })).status).toBe(404)
  expect(await door.kernel.resolve(StagedPublishes).expire()).toBe(1)
  expect(await collect()).toBe(1)
  expect(await versionsOf(door)).toEqual(['1.0.0'])
})

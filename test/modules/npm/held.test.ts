import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Publications } from '../../../src/modules/metadata/publications.contract.ts'
import { literalPolicy } from '../../support/literal-policy.ts'
import { openPublishing, type PublishingDoor } from './open-publishing.ts'
import { npmDocument, packed } from './package-tarball.ts'

let door: PublishingDoor
let publications: Publications
const { policy, answers, asked } = literalPolicy()

beforeAll(async () => {
  door = await openPublishing({ settings: { metadata: { cacheTtlMs: 0 } } })
  publications = door.kernel.resolve(Publications)
  publications.addPolicy(policy)
  const answer = await door.send('PATCH', '/v1/namespaces/acme', { as: 'ann', body: { visibility: 'public' } })
  expect(answer.status).toBe(200)
})
afterAll(() => door[Symbol.asyncDispose]())
beforeEach(() => answers(null))

interface Document {
  readonly versions: Readonly<Record<string, unknown>>
  readonly 'dist-tags': Readonly<Record<string, string>>
}
const documentOf = async (name: string) => (await door.send('GET', `/npm/@acme%2f${name}`)).json<Document>()
const tarballOf = (name: string, version: string, as?: string) =>
  door.send('GET', `/npm/@acme/${name}/-/${name}-${version}.tgz`, { ...(as !== undefined && { as }) })
const manifestOf = async (name: string, version: string) => {
  const [row] = await door.sql<{ artifactId: string; manifestDigest: string }>`
    select v.artifact_id as "artifactId", v.manifest_digest as "manifestDigest" from versions v join artifacts a on a.id = v.artifact_id
    where a.name = ${name} and v.version = ${version}`
  if (!row) throw new Error(`there is no ${name}@${version}`)
  return row
}

test('decision 4: npm publish of what is held succeeds with a notice, and shows nothing until it is released', async () => {
  await door.publish('@acme/widget', '1.0.0')
  answers('no valid signature yet')
  const published = await door.publish('@acme/widget', '2.0.0')
  expect([published.status, published.json()]).toEqual([201, { ok: true, success: true }])
  expect(published.headers.get('npm-notice')).toBe('@acme/widget@2.0.0 waits and cannot be installed yet: no valid signature yet')
  expect(asked.at(-1)).toMatchObject({ version: '2.0.0', tags: ['latest'] })
  expect(await documentOf('widget')).toMatchObject({ 'dist-tags': { latest: '1.0.0' } })
  expect(Object.keys((await documentOf('widget')).versions)).toEqual(['1.0.0'])
  const refused = await tarballOf('widget', '2.0.0')
  expect([refused.status, (await tarballOf('widget', '9.9.9')).status]).toEqual([404, 404])
  expect((await tarballOf('widget', '2.0.0', 'ann')).status).toBe(200)
  await publications.release(await manifestOf('widget', '2.0.0'), 'literal')
  expect(await documentOf('widget')).toMatchObject({ 'dist-tags': { latest: '2.0.0' }, versions: { '2.0.0': { version: '2.0.0' } } })
  expect((await tarballOf('widget', '2.0.0')).status).toBe(200)
})

test('a batch and an approved stage wait as well; what needs no review comes without a notice', async () => {
  await door.publish('@acme/staged', '1.0.0')
  const documentFor = async (name: string, version: string) => npmDocument({ name, version }, await packed({ name, version }))
  const staged = await door.send('POST', '/npm/-/stage/package/@acme%2fstaged', {
    as: 'ann',
    body: await documentFor('@acme/staged', '1.1.0'),
  })
  answers(({ located }) => (located.artifact.name === 'free' ? null : 'wait'))
  const approved = await door.send('POST', `/npm/-/stage/${staged.json<{ stageId: string }>().stageId}/approve`, { as: 'ann' })
  expect([approved.status, approved.headers.get('npm-notice')]).toEqual([201, '@acme/staged@1.1.0 waits and cannot be installed yet: wait'])
  const packages = [await documentFor('@acme/free', '1.0.0'), await documentFor('@acme/bound', '1.0.0')]
  const batch = await door.send('PUT', '/npm/-/pnpm/v1/publish', { as: 'ann', body: { packages } })
  expect([batch.status, batch.headers.get('npm-notice')]).toEqual([201, '@acme/bound@1.0.0 waits and cannot be installed yet: wait'])
  expect((await door.send('GET', '/npm/@acme%2fbound')).status).toBe(404)
  expect((await door.publish('@acme/free', '1.0.1')).headers.get('npm-notice')).toBeNull()
})

test('a package in quarantine is in no document, and its tarball is refused with the reason', async () => {
  for (const version of ['1.0.0', '1.1.0']) await door.publish('@acme/ill', version)
  const manifest = await manifestOf('ill', '1.1.0')
  await publications.quarantine(manifest, { by: 'scanning', reason: 'it reads ~/.ssh' })
  expect(await documentOf('ill')).toMatchObject({ 'dist-tags': { latest: '1.0.0' } })
  expect(Object.keys((await documentOf('ill')).versions)).toEqual(['1.0.0'])
  for (const as of [undefined, 'ann']) {
    const refused = await tarballOf('ill', '1.1.0', as)
    expect([refused.status, refused.code]).toEqual([403, 'metadata.quarantined'])
    expect(refused.bytes.toString()).toContain('it reads ~/.ssh')
  }
  await publications.liftQuarantine(manifest, 'scanning')
  expect(await documentOf('ill')).toMatchObject({ 'dist-tags': { latest: '1.1.0' } })
  expect((await tarballOf('ill', '1.1.0')).status).toBe(200)
})

test('the first version of a package gets latest when it is released, whatever its tag', async () => {
  answers('wait')
  await door.publish('@acme/first', '1.0.0-rc.1', { tag: 'next' })
  expect((await door.send('GET', '/npm/@acme%2ffirst')).status).toBe(404)
  await publications.release(await manifestOf('first', '1.0.0-rc.1'), 'literal')
  expect(await documentOf('first')).toMatchObject({ 'dist-tags': { latest: '1.0.0-rc.1', next: '1.0.0-rc.1' } })
})

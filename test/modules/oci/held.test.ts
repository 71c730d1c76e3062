import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { HeldExpiry } from '../../../src/modules/metadata/held-expiry.ts'
import { Publications } from '../../../src/modules/metadata/publications.contract.ts'
import { DomainError } from '../../../src/shared/errors/domain-error.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { literalPolicy } from '../../support/literal-policy.ts'
import { type Client, type Door, imageOf, indexType, openDoor, sha256, some } from './open-door.ts'

let door: Door
let ada: Client
let eve: Client
let publications: Publications
let sql: Database['sql']
const { policy, answers, asked, refusesReads } = literalPolicy()

class Refused extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'test.refused'
}

beforeAll(async () => {
  door = await openDoor({ settings: { metadata: { cacheTtlMs: 0 } } })
  for (const name of ['ada', 'eve']) await door.user(name)
  await door.makePublic('ada', 'ada')
  ada = door.client('ada')
  eve = door.client('eve')
  publications = door.kernel.resolve(Publications)
  sql = door.kernel.resolve(Database).sql
  publications.addPolicy(policy)
})
afterAll(() => door[Symbol.asyncDispose]())
beforeEach(() => {
  answers('not signed')
  asked.length = 0
})

const status = async (client: Client, repository: string, reference: string) =>
  (await client.call('GET', `/v2/${repository}/manifests/${reference}`)).status

const artifactIdOf = async (repository: string): Promise<string> => {
  const [namespace = '', name = ''] = repository.split('/')
  const [row] = await sql<{ id: string }>`select a.id from artifacts a join namespaces n on n.id = a.namespace_id
    where n.name = ${namespace} and a.name = ${name} and a.format = 'oci'`
  return row?.id ?? ''
}
const release = async (repository: string, manifestDigest: string) =>
  publications.release({ artifactId: await artifactIdOf(repository), manifestDigest }, 'literal')
const heldIn = async (repository: string) => publications.held(await artifactIdOf(repository))

test('decision 4: a held push succeeds, its tag resolves for nobody, writers read it by digest and readers see nothing', async () => {
  const repository = 'ada/plain'
  answers(null)
  const old = await ada.pushImage(`${repository} latest`)
  answers('not signed')
  const layer = some(64)
  await ada.pushBlob(repository, layer)
  const text = JSON.stringify(imageOf([layer]))
  const pushed = await ada.putManifest(`${repository} latest?tag=next`, text)
  const digest = sha256(text)
  expect([pushed.status, pushed.headers.get('docker-content-digest')]).toEqual([201, digest])
  expect(pushed.headers.get('warning')).toContain('not signed')
  expect(asked.at(-1)).toMatchObject({ manifestDigest: digest, version: null, tags: ['latest', 'next'] })
  expect((await ada.call('HEAD', `/v2/${repository}/manifests/latest`)).headers.get('docker-content-digest')).toBe(old.digest)
  expect([await status(ada, repository, 'next'), await status(eve, repository, 'next')]).toEqual([404, 404])
  expect([await status(ada, repository, digest), await status(eve, repository, digest)]).toEqual([200, 404])
  expect((await eve.call('GET', `/v2/${repository}/blobs/${sha256(layer)}`)).status).toBe(404)
  expect((await ada.call('GET', `/v2/${repository}/tags/list`)).json()).toMatchObject({ tags: ['latest'] })
  await release(repository, digest)
  for (const client of [ada, eve])
    for (const tag of ['latest', 'next'])
      expect((await client.call('HEAD', `/v2/${repository}/manifests/${tag}`)).headers.get('docker-content-digest')).toBe(digest)
  expect(await heldIn(repository)).toEqual([])
})

test('signatures of what waits are taken at once, by subject and by tag, and children of an index by digest', async () => {
  const repository = 'ada/signed'
  const image = await ada.pushImage(`${repository} v1`)
  const subject = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: image.digest, size: image.text.length }
  asked.length = 0
  const signature = JSON.stringify(imageOf([], { subject, artifactType: 'application/x-signature' }))
  expect((await ada.putManifest(`${repository} ${sha256(signature)}`, signature)).status).toBe(201)
  const tag = `${image.digest.replace(':', '-')}.sig`
  const payload = Buffer.from(`{"critical":{"image":{"docker-manifest-digest":"${image.digest}"}}}`)
  await ada.pushBlob(repository, payload)
  const layers = [{ mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json', digest: sha256(payload), size: payload.length }]
  expect((await ada.putManifest(`${repository} ${tag}`, JSON.stringify(imageOf([], { layers })))).status).toBe(201)
  expect(await status(ada, repository, tag)).toBe(200)
  const referrers = await ada.call('GET', `/v2/${repository}/referrers/${image.digest}`)
  expect(referrers.json<{ manifests: unknown[] }>().manifests).toHaveLength(1)
  const hidden = await eve.call('GET', `/v2/${repository}/referrers/${image.digest}`)
  expect([hidden.status, hidden.json<{ manifests: unknown[] }>().manifests]).toEqual([200, []])
  const child = await ada.pushImage(`${repository} child`)
  expect(asked.map(({ tags }) => tags)).toEqual([['child']])
  const manifests = [{ mediaType: subject.mediaType, digest: child.digest, size: child.text.length }]
  expect((await ada.putManifest(`${repository} multi`, { schemaVersion: 2, mediaType: indexType, manifests }, indexType)).status).toBe(201)
  expect(await status(ada, repository, 'multi')).toBe(404)
})

test('D-6: of two that wait for one tag the last push wins, in whatever order they are let go; a later tag move wins over both', async () => {
  const repository = 'ada/race'
  const [first, second] = [await ada.pushImage(`${repository} t`), await ada.pushImage(`${repository} t`)]
  const at = async (tag: string) => (await ada.call('HEAD', `/v2/${repository}/manifests/${tag}`)).headers.get('docker-content-digest')
  await release(repository, second.digest)
  await release(repository, first.digest)
  expect(await at('t')).toBe(second.digest)
  const [third, fourth] = [await ada.pushImage(`${repository} u`), await ada.pushImage(`${repository} u`)]
  await release(repository, third.digest)
  expect(await at('u')).toBe(third.digest)
  await release(repository, fourth.digest)
  expect(await at('u')).toBe(fourth.digest)
  const fifth = await ada.pushImage(`${repository} w`)
  answers(null)
  const sixth = await ada.pushImage(`${repository} w`)
  await release(repository, fifth.digest)
  expect(await at('w')).toBe(sixth.digest)
})

test('a push again changes nothing, is reviewed again, and ends the waiting when nothing is held against it', async () => {
  const repository = 'ada/again'
  const image = await ada.pushImage(`${repository} t`)
  answers('still not')
  expect((await ada.putManifest(`${repository} t`, image.text)).status).toBe(201)
  expect(await heldIn(repository)).toMatchObject([{ tags: ['t'], holds: [{ policy: 'literal', reason: 'still not' }] }])
  answers(null)
  expect((await ada.putManifest(`${repository} other`, image.text)).status).toBe(201)
  expect([await status(eve, repository, 't'), await status(eve, repository, 'other')]).toEqual([200, 200])
  expect(await heldIn(repository)).toEqual([])
})

test('P14: quarantine answers 403 with its reasons by tag and digest to everybody until the last cause is gone', async () => {
  const repository = 'ada/bad'
  answers(null)
  const image = await ada.pushImage(`${repository} t`)
  const manifest = { artifactId: await artifactIdOf(repository), manifestDigest: image.digest }
  expect(await publications.quarantine(manifest, { by: 'scanning', reason: 'a virus' })).toBe(true)
  expect(await publications.quarantine(manifest, { by: 'scanning', reason: 'two viruses' })).toBe(false)
  expect(await publications.quarantine(manifest, { by: 'signing', reason: 'a stolen key' })).toBe(true)
  for (const client of [ada, eve])
    for (const reference of ['t', image.digest]) {
      const answer = await client.call('GET', `/v2/${repository}/manifests/${reference}`)
      expect([answer.status, answer.code]).toEqual([403, 'DENIED'])
      expect(answer.bytes.toString()).toContain('two viruses; a stolen key')
    }
  expect((await eve.call('GET', `/v2/${repository}/blobs/${image.layer}`)).status).toBe(404)
  expect((await ada.putManifest(`${repository} also`, image.text)).status).toBe(403)
  expect(await publications.liftQuarantine(manifest, 'scanning')).toBe(true)
  expect(await publications.liftQuarantine(manifest, 'scanning')).toBe(false)
  expect(await status(eve, repository, 't')).toBe(403)
  expect(await publications.liftQuarantine(manifest, 'signing')).toBe(true)
  expect([await status(eve, repository, 't'), await status(eve, repository, image.digest)]).toEqual([200, 200])
})

test('D-13: what a policy refuses to readers is 403 where they see it, and absent where it waits', async () => {
  const repository = 'ada/revoked'
  answers(null)
  const shown = await ada.pushImage(`${repository} t`)
  answers('not signed')
  const held = await ada.pushImage(`${repository} t`)
  refusesReads(() => {
    throw new Refused('the key was revoked')
  })
  expect([await status(eve, repository, 't'), await status(eve, repository, shown.digest)]).toEqual([403, 403])
  expect([await status(eve, repository, held.digest), await status(eve, repository, sha256('nothing'))]).toEqual([404, 404])
  for (const reference of ['t', shown.digest, held.digest]) expect(await status(ada, repository, reference)).toBe(200)
  refusesReads(() => undefined)
  expect(await status(eve, repository, 't')).toBe(200)
})

test('what is in quarantine while it waits gets its names when both are over', async () => {
  const repository = 'ada/both'
  const image = await ada.pushImage(`${repository} t`)
  const manifest = { artifactId: await artifactIdOf(repository), manifestDigest: image.digest }
  await publications.quarantine(manifest, { by: 'scanning', reason: 'a virus' })
  expect([await status(ada, repository, image.digest), await status(eve, repository, image.digest)]).toEqual([403, 404])
  await release(repository, image.digest)
  expect([await status(ada, repository, 't'), await status(ada, repository, image.digest)]).toEqual([404, 403])
  await publications.liftQuarantine(manifest, 'scanning')
  expect(await status(eve, repository, 't')).toBe(200)
})

test('immutable tags wait as versions, whose names are free again when they expire', async () => {
  const repository = 'ada/fixed'
  const headers = { 'content-type': 'application/json' }
  await ada.call('PATCH', '/v1/namespaces/ada', { body: '{"settings":{"immutableTags":"semver"}}', headers })
  const image = await ada.pushImage(`${repository} 1.0.0`)
  expect(await heldIn(repository)).toMatchObject([{ version: '1.0.0', tags: [] }])
  expect([await status(ada, repository, '1.0.0'), await status(eve, repository, '1.0.0')]).toEqual([200, 404])
  const other = JSON.stringify(imageOf([], { annotations: { other: 'yes' } }))
  expect((await ada.putManifest(`${repository} 1.0.0`, other)).status).toBe(409)
  await sql`update held_publications set expires_at = now()`
  expect(await door.kernel.resolve(HeldExpiry).expire(AbortSignal.timeout(5_000))).toBeGreaterThan(0)
  await door.kernel.drainEffects()
  expect(await status(ada, repository, '1.0.0')).toBe(404)
  expect((await ada.putManifest(`${repository} 1.0.0`, other)).status).toBe(201)
  await release(repository, sha256(other))
  expect([await status(eve, repository, '1.0.0'), await status(eve, repository, sha256(other))]).toEqual([200, 200])
  expect(await status(eve, repository, image.digest)).toBe(404)
})

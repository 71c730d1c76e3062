import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Tags, Versions } from '../../../src/modules/metadata/contract.ts'
import { HeldExpiry } from '../../../src/modules/metadata/held-expiry.ts'
import { Publications } from '../../../src/modules/metadata/publications.contract.ts'
import { References } from '../../../src/modules/metadata/references.contract.ts'
import { DomainError } from '../../../src/shared/errors/domain-error.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { literalPolicy } from '../../support/literal-policy.ts'
import { digest, openRegistry, outcome, type Registry } from './open-registry.ts'

class Refused extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'test.refused'
}

let registry: Registry
let ada: Principal & { readonly userId: string }
let bob: Principal
let publications: Publications
const first = literalPolicy('first')
const second = literalPolicy('second')

beforeAll(async () => {
  registry = await openRegistry({ settings: { metadata: { cacheTtlMs: 0, pendingHours: 2 } } })
  ada = await registry.user('ada')
  bob = await registry.user('bob')
  await registry.request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'public' } })
  publications = registry.kernel.resolve(Publications)
  publications.addPolicy(first.policy)
  publications.addPolicy(second.policy)
})
afterAll(() => registry[Symbol.asyncDispose]())
beforeEach(() => {
  for (const { answers, asked, refusesReads } of [first, second]) {
    answers(null)
    asked.length = 0
    refusesReads(() => undefined)
  }
})

const ref = (name: string) => ({ namespace: 'ada', name })
const located = (caller: Principal, name: string) => registry.catalog.locate(caller, ref(name), 'read')
const resolve = async (caller: Principal, name: string, versionOrTag: string) =>
  outcome(registry.catalog.version(await located(caller, name), versionOrTag))
const stateOf = async (name: string, version: string) =>
  (
    await registry.sql<{ state: string; reason: string | null }>`select v.state, v.state_reason as reason from versions v
    join artifacts a on a.id = v.artifact_id where a.name = ${name} and v.version = ${version}`
  )[0]
const emitted = async (name: string, artifactId: string) =>
  registry.sql<{ payload: Record<string, unknown> }>`select payload from outbox
    where name = ${name} and payload->>'artifactId' = ${artifactId} order by id`

test('decision 4: what two policies hold is published, tagged and announced when the last lets go', async () => {
  await registry.publish(ada, 'ada/two', { version: '1.0.0' })
  first.answers('not signed')
  second.answers('not scanned')
  const held = await registry.publish(ada, 'ada/two', {
    version: '2.0.0',
    tags: ['next'],
    proof: { signature: 'sig', blobDigests: [digest()] },
  })
  const manifest = { artifactId: held.artifactId, manifestDigest: held.manifestDigest }
  expect(held).toMatchObject({ state: 'pending', stateReason: 'not signed; not scanned' })
  expect(first.asked.at(-1)).toMatchObject({ version: '2.0.0', tags: ['next'], proof: { signature: 'sig' } })
  expect(await publications.held(held.artifactId)).toMatchObject([
    {
      version: '2.0.0',
      tags: ['next'],
      holds: [
        { policy: 'first', reason: 'not signed' },
        { policy: 'second', reason: 'not scanned' },
      ],
    },
  ])
  expect(await emitted('metadata.publication_held', held.artifactId)).toMatchObject([
    { payload: { manifestDigest: held.manifestDigest, version: '2.0.0', tags: ['next'], policies: ['first', 'second'] } },
  ])
  expect([await resolve(ada, 'two', '2.0.0'), await resolve(bob, 'two', '2.0.0')]).toEqual(['fulfilled', 'metadata.version_not_found'])
  expect([await resolve(ada, 'two', 'next'), await resolve(bob, 'two', 'next')]).toEqual(Array(2).fill('metadata.version_not_found'))
  await publications.release(manifest, 'somebody')
  await publications.explain(manifest, 'somebody', 'of no concern')
  await publications.release(manifest, 'first')
  await publications.explain(manifest, 'second', 'not clean')
  expect(await stateOf('two', '2.0.0')).toEqual({ state: 'pending', reason: 'not clean' })
  await publications.explain(manifest, 'second', 'not scanned')
  expect(await stateOf('two', '2.0.0')).toEqual({ state: 'pending', reason: 'not scanned' })
  await publications.release(manifest, 'second')
  await publications.release(manifest, 'second')
  for (const name of ['2.0.0', 'next', 'latest']) expect(await resolve(bob, 'two', name)).toBe('fulfilled')
  expect(await emitted('metadata.version_published', held.artifactId)).toMatchObject([
    { payload: { version: '1.0.0' } },
    { payload: { version: '2.0.0', versionId: held.id } },
  ])
  expect(await emitted('metadata.publication_released', held.artifactId)).toHaveLength(1)
  const moves = await registry.kernel.resolve(Tags).history(ada, ref('two'), { tag: 'next', limit: 5 })
  expect(moves.items).toMatchObject([{ toVersion: '2.0.0', changedBy: ada.userId }])
  const audited = (await registry.audited()).filter(({ subject }) => subject.startsWith('ada/two')).map(({ action }) => action)
  expect(audited).toContain('publication.held')
  expect(audited.filter((action) => action === 'version.published')).toHaveLength(2)
})

test('a policy that throws refuses the publish, and nothing of it is there', async () => {
  first.answers(() => {
    throw new Refused('the bump is too small')
  })
  expect(await outcome(registry.publish(ada, 'ada/refused', { version: '1.0.0' }))).toBe('test.refused')
  expect(await outcome(located(ada, 'refused'))).toBe('metadata.artifact_not_found')
})

test('latest of a held version stays where somebody has put it since', async () => {
  await registry.publish(ada, 'ada/late', { version: '1.0.0' })
  first.answers('not yet')
  const held = await registry.publish(ada, 'ada/late', { version: '3.0.0', tags: ['latest', 'next'] })
  first.answers(null)
  await registry.publish(ada, 'ada/late', { version: '2.0.0', tags: ['next'] })
  await registry.kernel.resolve(Tags).move(ada, ref('late'), { tag: 'latest', version: '1.0.0' })
  expect(await publications.held(held.artifactId)).toMatchObject([{ version: '3.0.0', tags: [] }])
  await publications.release(held, 'first')
  const at = async (tag: string) => (await registry.catalog.version(await located(bob, 'late'), tag)).version
  expect([await at('next'), await at('3.0.0')]).toEqual(['2.0.0', '3.0.0'])
})

test('D-7: held content cannot be replaced, and an unpublished or expired version that nobody saw leaves its name free', async () => {
  first.answers('not yet')
  const held = await registry.publish(ada, 'ada/free', { version: '1.0.0' })
  expect(await outcome(registry.publish(ada, 'ada/free', { version: '1.0.0' }))).toBe('metadata.version_exists')
  await registry.catalog.unpublish(ada, ref('free'), '1.0.0')
  expect(await publications.held(held.artifactId)).toEqual([])
  const again = await registry.publish(ada, 'ada/free', { version: '1.0.0', tags: ['next'] })
  const expiry = registry.kernel.resolve(HeldExpiry)
  expect(await expiry.expire(AbortSignal.timeout(5_000))).toBe(0)
  await registry.sql`update held_publications set expires_at = expires_at - interval '2 hours' where artifact_id = ${held.artifactId}`
  expect(await expiry.expire(AbortSignal.timeout(5_000))).toBe(1)
  expect(await resolve(ada, 'free', '1.0.0')).toBe('metadata.version_not_found')
  expect(await emitted('metadata.publication_expired', held.artifactId)).toMatchObject([
    { payload: { manifestDigest: again.manifestDigest, version: '1.0.0', tags: ['next'] } },
  ])
  first.answers(null)
  expect((await registry.publish(ada, 'ada/free', { version: '1.0.0' })).state).toBe('published')
  await registry.catalog.unpublish(ada, ref('free'), '1.0.0')
  expect(await outcome(registry.publish(ada, 'ada/free', { version: '1.0.0' }))).toBe('metadata.version_exists')
})

test('quarantine takes latest away as a yank does, and gives every state back with its reason', async () => {
  const versions = registry.kernel.resolve(Versions)
  const [low, high] = [
    await registry.publish(ada, 'ada/ill', { version: '1.0.0' }),
    await registry.publish(ada, 'ada/ill', { version: '2.0.0' }),
  ]
  const old = await registry.publish(ada, 'ada/ill', { version: '0.1.0' })
  await versions.deprecate(ada, ref('ill'), { version: '1.0.0', reason: 'old' })
  await versions.yank(ada, ref('ill'), { version: '0.1.0', reason: 'leaks' })
  expect(await publications.quarantine(high, { by: 'scanning', reason: 'a virus' })).toBe(true)
  expect((await registry.catalog.version(await located(bob, 'ill'), 'latest')).version).toBe('1.0.0')
  for (const caller of [ada, bob]) expect(await resolve(caller, 'ill', '2.0.0')).toBe('metadata.quarantined')
  for (const one of [low, old]) await publications.quarantine(one, { by: 'signing', reason: 'a stolen key' })
  expect(await outcome(versions.unyank(ada, ref('ill'), '0.1.0'))).toBe('metadata.state_conflict')
  for (const one of [low, old, high]) {
    await publications.liftQuarantine(one, 'signing')
    await publications.liftQuarantine(one, 'scanning')
  }
  expect(await stateOf('ill', '2.0.0')).toEqual({ state: 'published', reason: null })
  expect((await stateOf('ill', '1.0.0'))?.state).toBe('deprecated')
  expect(await stateOf('ill', '0.1.0')).toEqual({ state: 'yanked', reason: 'leaks' })
  expect((await registry.catalog.version(await located(bob, 'ill'), 'latest')).version).toBe('2.0.0')
  expect(await emitted('metadata.manifest_quarantined', high.artifactId)).toHaveLength(3)
  expect(await emitted('metadata.quarantine_lifted', high.artifactId)).toHaveLength(3)
})

test('what is in quarantine while it waits is absent for readers, does not expire, and is published after both', async () => {
  first.answers('not yet')
  const held = await registry.publish(ada, 'ada/twice', { version: '1.0.0' })
  await publications.quarantine(held, { by: 'scanning', reason: 'a virus' })
  expect([await resolve(ada, 'twice', '1.0.0'), await resolve(bob, 'twice', '1.0.0')]).toEqual([
    'metadata.quarantined',
    'metadata.version_not_found',
  ])
  const seen = await registry.request('GET', '/v1/artifacts/ada/twice/-/versions', { as: 'bob' })
  expect(seen.json().items).toEqual([])
  await registry.sql`update held_publications set expires_at = now() - interval '1 hour' where artifact_id = ${held.artifactId}`
  expect(await registry.kernel.resolve(HeldExpiry).expire(AbortSignal.timeout(5_000))).toBe(0)
  await publications.release(held, 'first')
  expect(await stateOf('twice', '1.0.0')).toEqual({ state: 'quarantined', reason: 'a virus' })
  await publications.liftQuarantine(held, 'scanning')
  expect([await resolve(bob, 'twice', '1.0.0'), await resolve(bob, 'twice', 'latest')]).toEqual(['fulfilled', 'fulfilled'])
})

test('what is in quarantine stays there when its version is taken back and published again', async () => {
  first.answers('not yet')
  const held = await registry.publish(ada, 'ada/again', { version: '1.0.0' })
  const { artifactId, manifestDigest } = held
  await publications.quarantine(held, { by: 'scanning', reason: 'a virus' })
  await registry.catalog.unpublish(ada, ref('again'), '1.0.0')
  first.answers(null)
  for (const version of ['1.0.0', '1.0.1'])
    expect(await outcome(registry.publish(ada, 'ada/again', { version, manifestDigest }))).toBe('metadata.quarantined')
  await publications.liftQuarantine({ artifactId, manifestDigest }, 'scanning')
  expect((await registry.publish(ada, 'ada/again', { version: '1.0.0', manifestDigest })).state).toBe('published')
})

test('whoever may publish takes back what waits, and nothing that was published', async () => {
  const carl = await registry.user('carl')
  await registry.request('PUT', '/v1/namespaces/ada/members/carl', { as: 'ada', body: { role: 'write' } })
  first.answers('not yet')
  const { artifactId } = await registry.publish(carl, 'ada/back', { version: '1.0.0' })
  expect(await outcome(registry.catalog.unpublish(bob, ref('back'), '1.0.0'))).toBe('auth.forbidden')
  expect(await outcome(registry.catalog.unpublish(carl, ref('back'), '1.0.0'))).toBe('fulfilled')
  expect(await publications.held(artifactId)).toEqual([])
  const again = await registry.publish(carl, 'ada/back', { version: '1.0.0' })
  await publications.release(again, 'first')
  expect(await outcome(registry.catalog.unpublish(carl, ref('back'), '1.0.0'))).toBe('auth.forbidden')
})

test('who may publish makes away with nothing that is in quarantine, under plain tags neither', async () => {
  const dora = await registry.user('dora')
  await registry.request('PUT', '/v1/namespaces/ada/members/dora', { as: 'ada', body: { role: 'write' } })
  const { artifactId } = await registry.publish(ada, 'ada/bad', { version: '1.0.0' })
  const references = registry.kernel.resolve(References)
  const [kept, gone] = [digest(), digest()]
  for (const [tag, manifestDigest] of [
    ['kept', kept],
    ['gone', gone],
  ] as const)
    await references.assign(await located(dora, 'bad'), [tag], { manifestDigest, sizeBytes: 1 })
  await publications.quarantine({ artifactId, manifestDigest: kept }, { by: 'scanning', reason: 'a virus' })
  const remove = async (caller: Principal, of: string) => outcome(references.removeAllOf(await located(caller, 'bad'), of))
  expect([await remove(dora, gone), await remove(dora, kept)]).toEqual(['fulfilled', 'auth.forbidden'])
  const tags = () => registry.sql<{ name: string }>`select name from tags where artifact_id = ${artifactId} and version_id is null`
  expect(await tags()).toEqual([{ name: 'kept' }])
  expect([await remove(ada, kept), await tags()]).toEqual(['fulfilled', []])
})

test('what readers get by something else is told to be in quarantine, also while it waits for another name', async () => {
  const { artifactId, manifestDigest } = await registry.publish(ada, 'ada/other', { version: '1.0.0' })
  first.answers('not yet')
  await registry.publish(ada, 'ada/other', { version: '1.0.1', manifestDigest })
  await publications.quarantine({ artifactId, manifestDigest }, { by: 'scanning', reason: 'a virus' })
  const read = async (of: string, hidden: boolean) => outcome(publications.checkRead(await located(bob, 'other'), of, { hidden }))
  expect([await read(manifestDigest, false), await read(manifestDigest, true)]).toEqual(Array(2).fill('metadata.quarantined'))
  const waiting = await registry.publish(ada, 'ada/other', { version: '2.0.0' })
  await publications.quarantine(waiting, { by: 'scanning', reason: 'a virus' })
  const child = waiting.manifestDigest
  expect([await read(child, false), await read(child, true)]).toEqual(['metadata.quarantined', 'fulfilled'])
  expect(await resolve(bob, 'other', '1.0.0')).toBe('metadata.quarantined')
  expect(await resolve(bob, 'other', '1.0.1')).toBe('metadata.version_not_found')
})

test('a policy refuses readers what it lets writers have', async () => {
  const { manifestDigest } = await registry.publish(ada, 'ada/read', { version: '1.0.0' })
  second.refusesReads((wanted) => {
    if (wanted === manifestDigest) throw new Refused('the key was revoked')
  })
  expect([await resolve(ada, 'read', '1.0.0'), await resolve(bob, 'read', 'latest')]).toEqual(['fulfilled', 'test.refused'])
  expect(await outcome(publications.checkRead(await located(bob, 'read'), manifestDigest))).toBe('test.refused')
  expect(await outcome(publications.checkRead(await located(ada, 'read'), manifestDigest))).toBe('fulfilled')
})

test('nothing happens for artifacts and manifests that are not there', async () => {
  const nowhere = { artifactId: '01900000-0000-7000-8000-0000000000ff', manifestDigest: digest() }
  await publications.release(nowhere, 'first')
  expect(await publications.quarantine(nowhere, { by: 'scanning', reason: 'x' })).toBe(false)
  expect(await publications.liftQuarantine(nowhere, 'scanning')).toBe(false)
  expect(await publications.held(nowhere.artifactId)).toEqual([])
})

test('a quarantine is heard of by another process within 5 s', async () => {
  const { artifactId, manifestDigest } = await registry.publish(ada, 'ada/far', { version: '1.0.0' })
  await using other = await openRegistry({ home: registry.kernel.home })
  const far = other.kernel.resolve(Publications)
  const read = async () => outcome(far.checkRead(await other.catalog.locate(bob, ref('far'), 'read'), manifestDigest))
  expect(await read()).toBe('fulfilled')
  await publications.quarantine({ artifactId, manifestDigest }, { by: 'scanning', reason: 'a virus' })
  await expect.poll(read, { timeout: 5_000 }).toBe('metadata.quarantined')
})

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Located, Tags, Versions } from '../../../src/modules/metadata/contract.ts'
import { References } from '../../../src/modules/metadata/references.contract.ts'
import { Artifacts } from '../../../src/modules/metadata/views.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { digest, openRegistry, outcome } from './open-registry.ts'

const image = { namespace: 'ada', name: 'image', format: 'oci', type: 'module-oci' } as const

async function openWithImage(settings: object = {}) {
  const registry = await openRegistry()
  const ada = await registry.user('ada')
  const references = registry.kernel.resolve(References)
  if (Object.keys(settings).length > 0) await registry.request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { settings } })
  const open = (caller: Principal = ada) => registry.catalog.openForPublish(caller, image)
  const push = async (names: readonly string[], manifestDigest = digest()) => {
    await registry.transaction.run(async () => references.assign(await open(), names, { manifestDigest, sizeBytes: 7, settlesType: true }))
    return manifestDigest
  }
  const located = () => registry.catalog.locate(ada, image, 'read')
  const digestOf = async (name: string) => (await references.resolve(await located(), name))?.manifestDigest
  const list = async (last = '', limit = 100) => references.list(await located(), { last, limit })
  return { ...registry, ada, references, push, open, located, digestOf, list }
}

test('a tag resolves to its manifest, moves, keeps its history and goes', async () => {
  await using registry = await openWithImage()
  const { push, digestOf, references, located, kernel, ada, audited } = registry
  const first = await push(['stable', 'one'])
  expect(await digestOf('stable')).toBe(first)
  const second = await push(['stable'])
  await push(['stable'], second)
  expect([await digestOf('stable'), await digestOf('one')]).toEqual([second, first])
  const { items } = await kernel.resolve(Tags).history(ada, image, { tag: 'stable', limit: 10 })
  expect(items.map(({ fromDigest, toDigest }) => [fromDigest, toDigest])).toEqual([
    [first, second],
    [null, first],
  ])
  await references.remove(await located(), 'stable')
  expect(await digestOf('stable')).toBeUndefined()
  expect(await outcome(references.remove(await located(), 'stable'))).toBe('metadata.tag_not_found')
  const about = (await audited()).filter(({ subject }) => subject === 'ada/image:stable').map(({ action }) => action)
  expect(about).toEqual(['tag.moved', 'tag.moved', 'tag.deleted'])
})

test('what no tag may be called is refused, and absent', async () => {
  await using registry = await openWithImage()
  await registry.push(['ok'])
  for (const name of ['', '.a', 'a b', 'ü', 'a\0b', 'y'.repeat(129), '-x', '\ud800']) {
    expect(await outcome(registry.push([name]))).toBe('metadata.tag_invalid')
    expect(await registry.digestOf(name)).toBeUndefined()
    expect(await outcome(registry.references.remove(await registry.located(), name))).toBe('metadata.tag_not_found')
    expect(await registry.list(name)).toBeInstanceOf(Array)
  }
})

test('a warm name is answered without the database', async () => {
  await using registry = await openWithImage()
  const { push, references, located, transaction, sql } = registry
  await push(['stable'])
  const there = await located()
  await references.resolve(there, 'stable')
  const locked = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<void>()
  const holding = transaction.run(async () => {
    await sql`lock table tags, versions, artifacts in access exclusive mode`
    locked.resolve()
    await answered.promise
  })
  await locked.promise
  const ends = await Promise.race([references.resolve(there, 'stable'), sleep(1_000, 'waited for a lock')])
  answered.resolve()
  await holding
  expect(ends).toMatchObject({ name: 'stable', version: null })
})

test.each([
  ['semver', '1.0.0', true],
  ['semver', 'v1.0.0', true],
  ['semver', '1.0.0_build.5', true],
  ['semver', 'stable', false],
  ['all', 'stable', true],
  ['all', `sha256-${'a'.repeat(64)}.sig`, false],
  ['off', '1.0.0', false],
])('immutableTags %s: a push of %s is bound: %s', async (immutableTags, name, bound) => {
  await using registry = await openWithImage({ immutableTags })
  const { push, digestOf, references, located, list, sql } = registry
  const first = await push([name])
  await push([name], first)
  expect(await outcome(push([name]))).toBe(bound ? 'metadata.tag_immutable' : 'fulfilled')
  expect((await references.resolve(await located(), name))?.version?.version).toBe(bound ? name.replace('_', '+') : undefined)
  expect(await digestOf(name)).toBe(bound ? first : await digestOf(name))
  expect(await list()).toEqual([name])
  expect(await sql`select 1 from versions`).toHaveLength(bound ? 1 : 0)
})

test('a version stays what it is when the policy goes, and a tag set before the policy is bound where it stands', async () => {
  await using registry = await openWithImage({ immutableTags: 'semver' })
  const { push, request, sql } = registry
  await push(['1.0.0'])
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { settings: { immutableTags: 'off' } } })
  expect(await outcome(push(['1.0.0']))).toBe('metadata.tag_immutable')
  const loose = await push(['2.0.0'])
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { settings: { immutableTags: 'semver' } } })
  await push(['2.0.0'], loose)
  expect(await outcome(push(['2.0.0']))).toBe('metadata.tag_immutable')
  expect(await sql`select version from versions`).toEqual([{ version: '1.0.0' }])
})

test('D-7: an unpublished version frees no name', async () => {
  await using registry = await openWithImage({ immutableTags: 'all' })
  const { push, references, located, digestOf, list } = registry
  const first = await push(['1.0.0'])
  await references.remove(await located(), '1.0.0')
  expect([await digestOf('1.0.0'), await list()]).toEqual([undefined, []])
  expect(await outcome(push(['1.0.0'], first))).toBe('metadata.tag_immutable')
  expect(await outcome(references.remove(await located(), '1.0.0'))).toBe('metadata.tag_not_found')
})

test('hidden versions resolve as the catalog says: quarantined is an error, yanked by its exact name, pending for writers', async () => {
  await using registry = await openWithImage()
  const { publish, ada, user, references, located, sql, digestOf, list, catalog, request, kernel } = registry
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'public' } })
  const bob = await user('bob')
  for (const version of ['1.0.0', '2.0.0', '3.0.0+b'])
    await publish(ada, image, { version, bare: true, metadata: {}, tags: [`t${version[0]}`] })
  await publish(ada, image, { version: '4.0.0', bare: true, metadata: {}, state: 'pending' })
  expect(await list()).toEqual(['1.0.0', '2.0.0', '3.0.0_b', '4.0.0', 't1', 't2', 't3'])
  expect(await digestOf('3.0.0_b')).toBe(await digestOf('3.0.0+b'))
  const foreign: Located = await catalog.locate(bob, image, 'read')
  expect(await references.list(foreign, { limit: 10 })).not.toContain('4.0.0')
  expect(await references.resolve(foreign, '4.0.0')).toBeUndefined()
  expect(await digestOf('4.0.0')).toBeDefined()
  expect(await digestOf('t1')).toBe(await digestOf('1.0.0'))
  await kernel.resolve(Versions).yank(ada, image, { version: '1.0.0', reason: 'bad' })
  expect([await digestOf('t1'), (await digestOf('1.0.0')) === undefined]).toEqual([undefined, false])
  await sql`update versions set state = 'quarantined', state_reason = 'virus' where version = '2.0.0'`
  for (const name of ['2.0.0', 't2']) expect(await outcome(references.resolve(await located(), name))).toBe('metadata.quarantined')
  expect(await list()).toEqual(['3.0.0_b', '4.0.0', 't3'])
})

test('the list is in the order of bytes and pages without loss', async () => {
  await using registry = await openWithImage()
  const { push, publish, ada, list } = registry
  const names = ['A', 'Z', '_x', 'a', 'a-b', 'a.b', 'a0', 'latest', 'z']
  await push(names)
  await publish(ada, image, { version: '1.0.0+a', bare: true, metadata: {} })
  await publish(ada, image, { version: '1.0.0-a', bare: true, metadata: {} })
  const all = [...names, '1.0.0_a', '1.0.0-a'].toSorted()
  expect(await list()).toEqual(all)
  for (const limit of [1, 2, 5, 50]) {
    const found: string[] = []
    for (let page = await list('', limit); page.length > 0; page = await list(found.at(-1), limit)) found.push(...page)
    expect(found).toEqual(all)
  }
  expect(await list('b')).toEqual(['latest', 'z'])
})

test('a manifest goes with all its names, and with nothing of others', async () => {
  await using registry = await openWithImage()
  const { push, references, located, list, sql } = registry
  const gone = await push(['a', 'b', 'c'])
  await push(['d'])
  await references.removeAllOf(await located(), gone)
  expect(await list()).toEqual(['d'])
  expect(await registry.digestOf('a')).toBeUndefined()
  expect(await sql`select tag, from_digest as "from" from tag_history where to_digest is null order by tag`).toEqual(
    ['a', 'b', 'c'].map((tag) => ({ tag, from: gone })),
  )
  expect(await sql`select 1 from audit_log where action = 'tag.deleted'`).toHaveLength(1)
})

test('immutable names keep their manifest', async () => {
  await using registry = await openWithImage()
  const { push, references, located, request, list } = registry
  const kept = await push(['1.0.0', 'other'])
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { settings: { immutableTags: 'semver' } } })
  expect(await outcome(references.removeAllOf(await located(), kept))).toBe('metadata.tag_immutable')
  expect(await list()).toEqual(['1.0.0', 'other'])
})

test('D-6: of concurrent pushes to one name each is in the history, in a chain', async () => {
  await using registry = await openWithImage()
  const { push, kernel, ada, digestOf } = registry
  await push([])
  await Promise.all(Array.from({ length: 20 }, () => push(['stable'])))
  const { items } = await kernel.resolve(Tags).history(ada, image, { tag: 'stable', limit: 100 })
  expect(items).toHaveLength(20)
  expect(items.map(({ fromDigest }) => fromDigest)).toEqual([...items.slice(1).map(({ toDigest }) => toDigest), null])
  expect(await digestOf('stable')).toBe(items[0]?.toDigest)
})

test('of concurrent first pushes to an immutable name one wins', async () => {
  await using registry = await openWithImage({ immutableTags: 'all' })
  await registry.push([])
  const ends = await Promise.all(Array.from({ length: 10 }, () => outcome(registry.push(['1.0.0']))))
  expect(ends.toSorted()).toEqual(['fulfilled', ...Array.from({ length: 9 }, () => 'metadata.tag_immutable')])
})

test('a type that was guessed holds until a manifest settles it, and then against every other guess', async () => {
  await using registry = await openWithImage()
  const { catalog, ada, transaction, references, sql } = registry
  const open = (type: 'module-oci' | 'model' | 'module-wasm', guessed = true) =>
    catalog.openForPublish(ada, { ...image, type, ...(guessed && { guessed: true as const }) })
  await open('module-oci')
  await transaction.run(async () => references.assign(await open('module-oci'), [], { manifestDigest: digest(), sizeBytes: 1 }))
  await transaction.run(async () => {
    const located = await open('model')
    await references.assign(located, ['a'], { manifestDigest: digest(), sizeBytes: 1, settlesType: true })
  })
  expect((await open('module-wasm')).artifact.type).toBe('model')
  expect(await outcome(open('module-wasm', false))).toBe('metadata.type_mismatch')
  expect(await sql`select type from artifacts`).toEqual([{ type: 'model' }])
})

test('labels and description of manifests show on the artifact, within 4 KiB', async () => {
  await using registry = await openWithImage()
  const { push, references, located, kernel, ada } = registry
  await push(['a'])
  const labels = { 'org.opencontainers.image.vendor': 'ACME\0', big: 'x'.repeat(5_000), half: '\ud800' }
  await references.describe(await located(), { description: 'An image', labels })
  await references.describe(await located(), { labels })
  const view = await kernel.resolve(Artifacts).find(ada, image)
  expect(view).toMatchObject({ description: 'An image', labels: { 'org.opencontainers.image.vendor': 'ACME', half: '\ufffd' } })
  expect(Object.keys(view.labels)).toHaveLength(2)
  const answer = await registry.request('GET', '/v1/artifacts/ada', { as: 'ada' })
  expect(answer.json<{ items: object[] }>().items).toMatchObject([{ labels: view.labels }])
})

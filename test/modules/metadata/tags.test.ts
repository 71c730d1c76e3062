import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type TagChange, Tags } from '../../../src/modules/metadata/contract.ts'
import { openRegistry, outcome, targetOf } from './open-registry.ts'

const widget = { namespace: 'ada', name: 'widget' }

async function openWithVersions(versions: readonly string[]) {
  const registry = await openRegistry()
  const ada = await registry.user('ada')
  for (const version of versions) await registry.publish(ada, 'ada/widget', { version })
  const tags = registry.kernel.resolve(Tags)
  const latest = async () => (await tags.find(ada, widget, 'latest')).version
  return { ...registry, ada, tags, latest }
}

test('D-6: of 25 concurrent moves with If-Match none is lost', async () => {
  const versions = Array.from({ length: 25 }, (_, at) => `1.0.${at}`)
  await using registry = await openWithVersions(versions)
  const { ada, tags } = registry
  await tags.move(ada, widget, { tag: 'stable', version: '1.0.0' })
  const moveWhenMine = async (version: string): Promise<string> => {
    for (;;) {
      const seen = await tags.find(ada, widget, 'stable')
      if (seen.version === version) return version
      const end = await outcome(tags.move(ada, widget, { tag: 'stable', version, ifMatch: seen.etag }))
      if (end === 'fulfilled') return version
      expect(end).toBe('metadata.tag_changed')
      await sleep(Math.random() * 20)
    }
  }
  await Promise.all(versions.slice(1).map(moveWhenMine))
  const { items } = await tags.history(ada, widget, { tag: 'stable', limit: 100 })
  expect(items.map(({ toVersion }) => toVersion).toSorted()).toEqual(versions.toSorted())
  expectChain(items)
})

test('D-6: concurrent moves without a precondition follow one another', async () => {
  const versions = Array.from({ length: 25 }, (_, at) => `1.0.${at}`)
  await using registry = await openWithVersions(versions)
  const { ada, tags } = registry
  await Promise.all(versions.map((version) => tags.move(ada, widget, { tag: 'stable', version })))
  const { items } = await tags.history(ada, widget, { tag: 'stable', limit: 100 })
  expect(items).toHaveLength(25)
  expectChain(items)
  expect((await tags.find(ada, widget, 'stable')).version).toBe(items[0]?.toVersion)
})

/** Newest first: each change starts where the one before it ended. */
function expectChain(changes: readonly TagChange[]): void {
  const starts = changes.map(({ fromVersion }) => fromVersion)
  const ends = changes.map(({ toVersion }) => toVersion)
  expect(starts).toEqual([...ends.slice(1), null])
}

test('a precondition tells a tag that came back from one that never moved', async () => {
  await using registry = await openWithVersions(['1.0.0', '1.1.0'])
  const { ada, tags } = registry
  const first = await tags.move(ada, widget, { tag: 'stable', version: '1.0.0', ifNoneMatch: '*' })
  expect(await outcome(tags.move(ada, widget, { tag: 'stable', version: '1.1.0', ifNoneMatch: '*' }))).toBe('metadata.tag_changed')
  await tags.move(ada, widget, { tag: 'stable', version: '1.1.0', ifMatch: '*' })
  await tags.move(ada, widget, { tag: 'stable', version: '1.0.0' })
  expect(await outcome(tags.move(ada, widget, { tag: 'stable', version: '1.1.0', ifMatch: first.etag }))).toBe('metadata.tag_changed')
  expect(await outcome(tags.remove(ada, widget, { tag: 'stable', ifMatch: first.etag }))).toBe('metadata.tag_changed')
  expect(await outcome(tags.move(ada, widget, { tag: 'other', version: '1.1.0', ifMatch: '*' }))).toBe('metadata.tag_changed')
})

test('latest follows the highest release, not the newest publish', async () => {
  await using registry = await openWithVersions(['1.0.0', '2.0.0', '1.5.0', '3.0.0-rc.1'])
  expect(await registry.latest()).toBe('2.0.0')
  await registry.publish(registry.ada, 'ada/widget', { version: '10.0.0' })
  expect(await registry.latest()).toBe('10.0.0')
})

test('latest stays where a person put it until a higher release comes', async () => {
  await using registry = await openWithVersions(['1.0.0', '2.0.0'])
  const { ada, tags, publish, latest } = registry
  await tags.move(ada, widget, { tag: 'latest', version: '1.0.0' })
  await publish(ada, 'ada/widget', { version: '1.5.0' })
  expect(await latest()).toBe('1.0.0')
  await publish(ada, 'ada/widget', { version: '2.1.0' })
  expect(await latest()).toBe('2.1.0')
})

test('a publish moves the tags it names', async () => {
  await using registry = await openWithVersions(['1.0.0'])
  const { ada, tags, publish, latest } = registry
  await publish(ada, 'ada/widget', { version: '2.0.0-beta.1', tags: ['beta', 'next'] })
  expect((await tags.find(ada, widget, 'beta')).version).toBe('2.0.0-beta.1')
  expect(await latest()).toBe('1.0.0')
})

test('what reads like a version, and what no tag may be written as, is no tag of a package', async () => {
  await using registry = await openWithVersions(['1.0.0'])
  const { ada, tags } = registry
  for (const tag of ['1.0.0', 'v1', '1.x', 'x', 'a b', '', '.hidden', 'ü', 'a\0b', 'y'.repeat(10_000)]) {
    expect(await outcome(tags.move(ada, widget, { tag, version: '1.0.0' }))).toBe('metadata.tag_invalid')
    expect(await outcome(tags.find(ada, widget, tag))).toBe('metadata.tag_not_found')
  }
})

test.each([
  ['semver', 'v1.0.0', 'metadata.tag_immutable'],
  ['semver', 'stable', 'fulfilled'],
  ['all', 'stable', 'metadata.tag_immutable'],
  ['off', 'v1.0.0', 'fulfilled'],
])('immutableTags %s: moving %s is %s', async (immutableTags, tag, expected) => {
  await using registry = await openRegistry()
  const { user, publish, request, kernel } = registry
  const ada = await user('ada')
  const image = { ...targetOf('ada/image'), format: 'oci', type: 'module-oci' } as const
  for (const version of ['1.0.0', '2.0.0']) await publish(ada, image, { version, bare: true, metadata: { name: 'image', version } })
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { settings: { immutableTags } } })
  const tags = kernel.resolve(Tags)
  const ref = { namespace: 'ada', name: 'image' }
  await tags.move(ada, ref, { tag, version: '1.0.0' })
  expect(await outcome(tags.move(ada, ref, { tag, version: '1.0.0' }))).toBe('fulfilled')
  expect(await outcome(tags.move(ada, ref, { tag, version: '2.0.0' }))).toBe(expected)
  expect(await outcome(tags.remove(ada, ref, { tag }))).toBe(expected)
  expect(
    await outcome(publish(ada, image, { version: '3.0.0', bare: true, metadata: { name: 'image', version: '3.0.0' }, tags: [tag] })),
  ).toBe(expected)
})

test('an image gets no latest by itself', async () => {
  await using registry = await openRegistry()
  const { user, publish, kernel } = registry
  const ada = await user('ada')
  await publish(
    ada,
    { ...targetOf('ada/image'), format: 'oci', type: 'module-oci' },
    { bare: true, metadata: { name: 'image', version: '1.0.0' } },
  )
  expect((await kernel.resolve(Tags).list(ada, { namespace: 'ada', name: 'image' }, { limit: 10 })).items).toEqual([])
})

test('a move under immutableTags all leaves latest to the registry', async () => {
  await using registry = await openWithVersions(['1.0.0'])
  const { ada, publish, latest, request, tags } = registry
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { settings: { immutableTags: 'all' } } })
  await publish(ada, 'ada/widget', { version: '1.1.0' })
  expect(await latest()).toBe('1.1.0')
  expect(await outcome(tags.move(ada, widget, { tag: 'latest', version: '1.0.0' }))).toBe('metadata.tag_immutable')
})

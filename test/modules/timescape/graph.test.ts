import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Catalog, Tags } from '../../../src/modules/metadata/contract.ts'
import { BreakingChangeDetected, VersionRecorded } from '../../../src/modules/timescape/events.contract.ts'
import { Graphs } from '../../../src/modules/timescape/services.ts'
import { Events } from '../../../src/shared/kernel/events.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { compareVersions, parseVersion } from '../../../src/shared/types/version.ts'
import { newVersion } from '../metadata/open-registry.ts'
import { openTimescape, type TimescapeRegistry, typed } from './open-timescape.ts'

let registry: TimescapeRegistry
let ada: Principal & { readonly userId: string }
const breaking: { name: string; from: string; to: string; undeclared: boolean }[] = []
const recorded: { name: string; version: string; parentVersion: string | null; edgeType: string | null }[] = []

beforeAll(async () => {
  registry = await openTimescape()
  ada = await registry.user('ada')
  const events = registry.kernel.resolve(Events)
  events.on(BreakingChangeDetected, ({ name, from, to, undeclared }) => breaking.push({ name, from, to, undeclared }))
  events.on(VersionRecorded, ({ name, version, parentVersion, edgeType }) => recorded.push({ name, version, parentVersion, edgeType }))
})
afterAll(() => registry[Symbol.asyncDispose]())

const response = (fields: Record<string, string>) => typed({ LoginResponse: fields })

test('Q148, R11.1: published versions become nodes with parents, edges say what changed', async () => {
  await registry.publish(ada, 'ada/auth:1.0.0', response({ token: 'string' }))
  await registry.publish(ada, 'ada/auth:1.0.1', response({ token: 'string' }))
  await registry.publish(ada, 'ada/auth:1.1.0', response({ token: 'string', expiresAt: 'number' }))
  await registry.publish(ada, 'ada/auth:2.0.0', response({ expiresAt: 'number' }))
  await registry.publish(ada, 'ada/auth:2.1.0', response({}))
  await registry.settled()
  expect(await registry.graphOf('ada/auth')).toEqual([
    ['1.0.0', null, null],
    ['1.0.1', '1.0.0', 'patch'],
    ['1.1.0', '1.0.1', 'minor'],
    ['2.0.0', '1.1.0', 'breaking'],
    ['2.1.0', '2.0.0', 'breaking'],
  ])
  expect(breaking.filter(({ name }) => name === 'auth')).toEqual([
    { name: 'auth', from: '1.1.0', to: '2.0.0', undeclared: false },
    { name: 'auth', from: '2.0.0', to: '2.1.0', undeclared: true },
  ])
  expect(recorded.filter(({ name }) => name === 'auth')).toHaveLength(5)
  const ids = await registry.sql<{
    tsv: string
  }>`select tsv from timescape_nodes n join artifacts a on a.id = n.artifact_id where a.name = 'auth' order by seq`
  expect(ids.map(({ tsv }) => tsv)).toEqual(
    ['001', '002', '003', '004', '005'].map((seq) => expect.stringMatching(new RegExp(`^tsv:\\d{10}-auth-${seq}$`))),
  )
})

test('a version that comes in between two others gets the edge of the upper one, which is compared anew', async () => {
  await registry.publish(ada, 'ada/late:1.0.0', response({ a: 'string', b: 'string' }))
  await registry.publish(ada, 'ada/late:1.2.0', response({ b: 'string' }))
  await registry.settled()
  expect(await registry.graphOf('ada/late')).toEqual([
    ['1.0.0', null, null],
    ['1.2.0', '1.0.0', 'breaking'],
  ])
  await registry.publish(ada, 'ada/late:1.1.0', response({ b: 'string' }))
  await registry.settled()
  expect(await registry.graphOf('ada/late')).toEqual([
    ['1.0.0', null, null],
    ['1.1.0', '1.0.0', 'breaking'],
    ['1.2.0', '1.1.0', 'minor'],
  ])
})

test('a publish on an old line tells of what it breaks, and not once more of what was broken before', async () => {
  await registry.publish(ada, 'ada/lines:1.0.0', response({ a: 'string' }))
  await registry.publish(ada, 'ada/lines:2.0.0', response({ b: 'string' }))
  await registry.settled()
  await registry.publish(ada, 'ada/lines:1.0.1', response({ a: 'string' }))
  await registry.publish(ada, 'ada/lines:1.1.0', response({ a: 'number' }))
  await registry.settled()
  expect(await registry.graphOf('ada/lines')).toContainEqual(['2.0.0', '1.1.0', 'breaking'])
  expect(breaking.filter(({ name }) => name === 'lines').map(({ from, to }) => [from, to])).toEqual([
    ['1.0.0', '2.0.0'],
    ['1.0.1', '1.1.0'],
  ])
})

test('a version that is unpublished leaves the graph, and its neighbours meet', async () => {
  for (const version of ['1.0.0', '1.0.1', '1.0.2']) await registry.publish(ada, `ada/gone:${version}`)
  await registry.settled()
  await registry.kernel.resolve(Catalog).unpublish(ada, { namespace: 'ada', name: 'gone' }, '1.0.1')
  await registry.settled()
  expect(await registry.graphOf('ada/gone')).toEqual([
    ['1.0.0', null, null],
    ['1.0.2', '1.0.0', 'patch'],
  ])
})

test('decision 13: semver tags of images are nodes; a moved one supersedes, other tags are none', async () => {
  const first = await registry.push(ada, 'ada/api:1.0.0')
  await registry.push(ada, 'ada/api:latest')
  await registry.push(ada, 'ada/api:v1.1.0')
  const second = await registry.push(ada, 'ada/api:1.0.0')
  await registry.settled()
  expect(await registry.graphOf('ada/api')).toEqual([
    ['1.0.0', null, null],
    ['v1.1.0', '1.0.0', 'minor'],
  ])
  const nodes = await registry.sql`select n.manifest_digest as digest, n.state, s.manifest_digest as "by" from timescape_nodes n
    left join timescape_nodes s on s.id = n.superseded_by where n.version = '1.0.0' and n.artifact_id = (select id from artifacts where name = 'api') order by n.seq`
  expect(nodes).toEqual([
    { digest: first, state: 'superseded', by: second },
    { digest: second, state: 'live', by: null },
  ])
  await registry.push(ada, 'ada/api:1.0.0', first)
  await registry.settled()
  const live = await registry.sql`select manifest_digest as digest from timescape_nodes where version = '1.0.0' and state = 'live'
    and artifact_id = (select id from artifacts where name = 'api')`
  expect(live).toEqual([{ digest: first }])
  expect(await registry.graphOf('ada/api')).toHaveLength(2)
})

const versions = fc.uniqueArray(
  fc
    .tuple(
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 0, max: 1 }),
      fc.constantFrom('', '-rc.1', '-rc.2'),
    )
    .map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre}`),
  { minLength: 1, maxLength: 7 },
)

/** The rule of docs/timescape.md, said in another way. */
function parentOf(version: string, all: readonly string[]): string | null {
  const of = (text: string) => parseVersion(text) ?? { major: -1, prerelease: [] }
  const isRelease = (text: string) => of(text).prerelease.length === 0
  const lower = all.filter((other) => compareVersions(other, version) < 0).toSorted(compareVersions)
  const line = lower.filter((other) => of(other).major === of(version).major)
  const own = isRelease(version) ? line.filter(isRelease) : line
  return own.at(-1) ?? lower.filter(isRelease).at(-1) ?? lower.at(-1) ?? null
}

test('P7: whatever the order, and however often they are told, every version has its true parent', { timeout: 60_000 }, async () => {
  const [{ id: namespaceId = '' } = {}] = await registry.sql<{ id: string }>`select id from namespaces where name = 'ada'`
  const graphs = registry.kernel.resolve(Graphs)
  let run = 0
  await fc.assert(
    fc.asyncProperty(versions, fc.array(fc.nat(8), { maxLength: 3 }), (all, again) =>
      registry.transaction.run(async () => {
        run += 1
        const name = `random-${run}`
        const [{ id: artifactId = '' } = {}] = await registry.sql<{
          id: string
        }>`insert into artifacts (id, namespace_id, name, format, type)
        values (gen_random_uuid(), ${namespaceId}, ${name}, 'npm', 'module-node') returning id`
        const ids: string[] = []
        for (const version of all) {
          const [row] = await registry.sql<{
            id: string
          }>`insert into versions (id, artifact_id, version, sort_key, prerelease, state, manifest_digest, size_bytes, metadata)
          values (gen_random_uuid(), ${artifactId}, ${version}, '', false, 'published', 'sha256:0', 1, '{}') returning id`
          ids.push(row?.id ?? '')
        }
        for (const id of [...ids, ...again.flatMap((at) => ids[at] ?? [])]) await graphs.recordVersion(artifactId, id)
        const graph = await registry.graphOf(`ada/${name}`)
        expect(graph.map(([version, parent]) => [version, parent])).toEqual(
          all.toSorted(compareVersions).map((version) => [version, parentOf(version, all)]),
        )
        const [edges] = await registry.sql`select count(*) as count from timescape_edges where artifact_id = ${artifactId}`
        expect(edges).toEqual({ count: graph.filter(([, parent]) => parent !== null).length })
      }),
    ),
    { numRuns: 100 },
  )
})

test('a tag that left and comes back as a version is back between its neighbours', async () => {
  const digests = new Map<string, string>()
  for (const tag of ['1.0.0', '1.1.0', '1.2.0']) digests.set(tag, await registry.push(ada, `ada/again:${tag}`))
  await registry.settled()
  const ref = { namespace: 'ada', name: 'again' }
  await registry.kernel.resolve(Tags).remove(ada, ref, { tag: '1.1.0' })
  await registry.settled()
  expect(await registry.graphOf('ada/again')).toEqual([
    ['1.0.0', null, null],
    ['1.2.0', '1.0.0', 'minor'],
  ])
  const target = { ...ref, format: 'oci', type: 'module-oci' } as const
  const version = newVersion(target, { version: '1.1.0', manifestDigest: digests.get('1.1.0') ?? '' })
  await registry.transaction.run(async () => registry.catalog.addVersion(await registry.catalog.openForPublish(ada, target), version))
  await registry.settled()
  expect(await registry.graphOf('ada/again')).toEqual([
    ['1.0.0', null, null],
    ['1.1.0', '1.0.0', 'minor'],
    ['1.2.0', '1.1.0', 'minor'],
  ])
})

test('what was held and then quarantined was never published: it enters no graph', async () => {
  await registry.publish(ada, 'ada/held:1.0.0')
  await registry.publish(ada, 'ada/held:1.1.0')
  await registry.publish(ada, 'ada/held:1.2.0')
  await registry.sql`update versions set state = 'quarantined', state_before = 'pending' where version = '1.1.0'
    and artifact_id = (select id from artifacts where name = 'held')`
  await registry.settled()
  await registry.sql`update timescape_upkeep set passed_at = null`
  await registry.kernel.resolve(Graphs).catchUp(new AbortController().signal)
  expect(await registry.graphOf('ada/held')).toEqual([
    ['1.0.0', null, null],
    ['1.2.0', '1.0.0', 'minor'],
  ])
})

test('versions from before there was a graph are found by the sweep', async () => {
  await registry.publish(ada, 'ada/old:1.0.0')
  await registry.publish(ada, 'ada/old:1.1.0', { dependencies: { '@ada/late': '*' } })
  await registry.push(ada, 'ada/oldimage:3.0.0')
  await registry.settled()
  await registry.sql`update timescape_nodes set parent_id = null, superseded_by = null`
  await registry.sql`delete from timescape_edges`
  await registry.sql`delete from timescape_nodes`
  await registry.sql`delete from timescape_dependencies`
  const catchUp = () => registry.kernel.resolve(Graphs).catchUp(new AbortController().signal)
  // It went through everything a moment ago, and rests.
  expect(await catchUp()).toBe(0)
  await registry.sql`update timescape_upkeep set passed_at = now() - interval '2 hours'`
  expect(await catchUp()).toBeGreaterThan(10)
  expect(await registry.graphOf('ada/old')).toEqual([
    ['1.0.0', null, null],
    ['1.1.0', '1.0.0', 'minor'],
  ])
  expect(await registry.graphOf('ada/oldimage')).toEqual([['3.0.0', null, null]])
  expect(await registry.sql`select target_name as name, version from timescape_dependencies`).toEqual([{ name: 'late', version: '1.1.0' }])
  await registry.sql`update timescape_upkeep set passed_at = null`
  expect(await catchUp()).toBe(0)
})

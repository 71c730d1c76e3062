import fc from 'fast-check'
import semver from 'semver'
import { expect, test } from 'vitest'
import type { OfferedArtifact } from '../../../src/modules/insights/artifacts.queries.ts'
import type { VersionDependantRow } from '../../../src/modules/insights/dependencies/edges.queries.ts'
import { type ImpactSource, impactOf } from '../../../src/modules/insights/dependencies/impact.ts'

interface Need {
  readonly on: string
  readonly range: string
  readonly optional: boolean
}
/** Needs by version by name. */
type World = Readonly<Record<string, Readonly<Record<string, readonly Need[]>>>>

const names = ['a', 'b', 'c', 'd', 'e']
const versions = ['1.0.0', '1.1.0', '2.0.0', '2.0.0-rc.1']
const ranges = ['*', '^1.0.0', '1.0.0', '>=1.1.0', '^2.0.0', '^3.0.0', 'latest', 'file:../x']

const need = fc.record({ on: fc.constantFrom(...names), range: fc.constantFrom(...ranges), optional: fc.boolean() })
const needs = fc.uniqueArray(need, { maxLength: 3, selector: ({ on }) => on })
const artifact = fc.dictionary(fc.constantFrom(...versions), needs, { minKeys: 1 })
const world: fc.Arbitrary<World> = fc.record(Object.fromEntries(names.map((name) => [name, artifact])))

const idOf = (name: string, version: string) => `${name}@${version}`
const takes = (range: string, version: string) =>
  range === '*' || range === 'latest' || (!range.includes(':') && (semver.satisfies(version, range) || version === range))

/** What is left when everything that cannot be installed is taken away again and again, one version at a time. */
function byBruteForce(all: World, gone: ReadonlySet<string>) {
  const left = new Set(Object.entries(all).flatMap(([name, some]) => Object.keys(some).map((version) => idOf(name, version))))
  const fits = (on: string, range: string, among: ReadonlySet<string>) =>
    Object.keys(all[on] ?? {}).some((version) => among.has(idOf(on, version)) && takes(range, version))
  const before = new Set(left)
  for (const id of gone) left.delete(id)
  const misses = (one: Need) => fits(one.on, one.range, before) && !fits(one.on, one.range, left)
  const needsOf = (id: string) => all[id.slice(0, 1)]?.[id.slice(2)] ?? []
  for (let size = -1; size !== left.size; ) {
    size = left.size
    for (const id of left) if (needsOf(id).some((one) => !one.optional && misses(one))) left.delete(id)
  }
  const broken = [...before].filter((id) => !left.has(id) && !gone.has(id))
  const degraded = [...left].filter((id) => needsOf(id).some((one) => one.optional && misses(one)))
  return { broken: broken.sort(), degraded: degraded.sort() }
}

function sourceOf(all: World): ImpactSource {
  const rows: VersionDependantRow[] = Object.entries(all).flatMap(([name, some]) =>
    Object.entries(some).flatMap(([version, wanted]) =>
      wanted.map(({ on, range, optional }) => ({
        ...{ versionId: idOf(name, version), artifactId: name, namespace: 'library', name, format: 'npm', type: 'module-node', version },
        ...{ range, optional, kind: 'runtime', wantedFormat: 'npm', target: { namespace: 'library', name: on, format: 'npm' } },
      })),
    ),
  )
  const artifactNamed = (name: string): OfferedArtifact => ({
    ...{ artifactId: name, namespace: 'library', name, format: 'npm', type: 'module-node', tags: new Map(), hasMore: false, beside: [] },
    versions: Object.keys(all[name] ?? {}).map((version) => ({
      ...{ id: idOf(name, version), version, deprecated: false, deprecation: null, manifestDigest: '' },
    })),
  })
  return {
    dependants: async (targets) => rows.filter(({ target }) => targets.some(({ name }) => name === target.name)),
    artifacts: async (wanted) => wanted.map(({ name }) => artifactNamed(name)),
  }
}

test('impact: what breaks is what brute force takes away, in any graph', async () => {
  await fc.assert(
    fc.asyncProperty(world, fc.constantFrom(...names), fc.option(fc.nat()), async (all, name, which) => {
      const offered = Object.keys(all[name] ?? {})
      const gone = which === null ? offered : [offered[which % offered.length] ?? '']
      const found = await impactOf(
        sourceOf(all),
        { artifact: { artifactId: name, namespace: 'library', name, format: 'npm' }, versions: gone },
        { depth: 100, nodes: 1_000 },
      )
      const idsOf = (hits: typeof found.broken) => hits.map(({ row }) => row.versionId).sort()
      expect({ broken: idsOf(found.broken), degraded: idsOf(found.degraded) }).toEqual(
        byBruteForce(all, new Set(gone.map((version) => idOf(name, version)))),
      )
      expect(found.cut).toBe(false)
    }),
    { numRuns: 400 },
  )
})

test('impact: depth is the length of the shortest chain of breaks, and a bound cuts it', async () => {
  const chain: World = Object.fromEntries(
    names.map((name, at) => [name, { '1.0.0': at === 0 ? [] : [{ on: names[at - 1] ?? '', range: '^1.0.0', optional: false }] }]),
  )
  const start = { artifact: { artifactId: 'a', namespace: 'library', name: 'a', format: 'npm' }, versions: ['1.0.0'] }
  const whole = await impactOf(sourceOf(chain), start, { depth: 10, nodes: 100 })
  expect(whole.broken.map(({ row, depth }) => `${depth} ${row.name}`)).toEqual(['1 b', '2 c', '3 d', '4 e'])
  const near = await impactOf(sourceOf(chain), start, { depth: 2, nodes: 100 })
  expect([near.broken.map(({ row }) => row.name), near.cut]).toEqual([['b', 'c'], true])
})

import { expect, test } from 'vitest'
import type { Named, OfferedArtifact } from '../../../src/modules/insights/artifacts.queries.ts'
import { walkDependencies } from '../../../src/modules/insights/dependencies/dependency-walk.ts'
import { impactOf } from '../../../src/modules/insights/dependencies/impact.ts'

const offer = ({ namespace, name }: Pick<Named, 'namespace' | 'name'>, count: number): OfferedArtifact => ({
  ...{ artifactId: name, namespace, name, format: 'npm', type: 'module-node', hasMore: true, beside: [], tags: new Map() },
  versions: Array.from({ length: count }, (_, at) => ({
    ...{ id: `${name} ${count - at}`, version: `1.${count - at}.0`, deprecated: false, deprecation: null, manifestDigest: '' },
  })),
})

/** Of the event loop, while `work` goes on, in milliseconds. */
async function longestBlock(work: () => Promise<void>): Promise<number> {
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  await work()
  clearInterval(timer)
  return longest
}

test('thousands of edges whose ranges nothing answers, among artifacts of many versions: a walk ends, says so, and lets others go first', async () => {
  const root = offer({ namespace: 'library', name: 'root' }, 1)
  const [version] = root.versions
  if (!version) throw new Error('the root has a version')
  let loaded = 0
  const source = {
    dependencies: async () =>
      Array.from({ length: 3_000 }, (_, at) => ({
        ...{ versionId: version.id, namespace: 'library', name: `needed-${at % 400}`, format: null },
        ...{ range: `^2.${at}.0`, kind: 'runtime', optional: false },
      })),
    artifacts: async (names: readonly Named[]) => {
      loaded += names.length
      return names.map((named) => offer(named, 500))
    },
  }
  const blocked = await longestBlock(async () => {
    const { edges, cut } = await walkDependencies(source, { artifact: root, version }, { depth: 5, nodes: 2_000 })
    expect([edges.length, cut]).toEqual([3_000, true])
    // An older version may answer: nothing definite is said.
    expect(new Set(edges.map(({ state }) => state))).toEqual(new Set(['cut']))
  })
  // 100,000 versions, and no more.
  expect(loaded).toBe(200)
  expect(blocked).toBeLessThan(500)
})

test('impact looks at nothing more once more broke than is shown', async () => {
  let asked = 0
  const source = {
    artifacts: async (names: readonly Named[]) => names.map((named) => ({ ...offer(named, 1), hasMore: false })),
    dependants: async (targets: readonly Named[]) => {
      asked += targets.length
      return targets.flatMap((target) =>
        Array.from({ length: 20 }, (_, at) => {
          const name = `${target.name}-${at}`
          return {
            ...{
              versionId: `${name} 1`,
              artifactId: name,
              namespace: 'library',
              name,
              format: 'npm',
              type: 'module-node',
              version: '1.1.0',
            },
            ...{ range: '^1.0.0', optional: false, kind: 'runtime', wantedFormat: 'npm', target },
          }
        }),
      )
    },
  }
  const artifact = { artifactId: 'hub', namespace: 'library', name: 'hub', format: 'npm' }
  const { broken, cut } = await impactOf(source, { artifact, versions: ['1.1.0'] }, { depth: 10, nodes: 10 })
  expect([broken.length, cut, asked]).toEqual([20, true, 1])
})

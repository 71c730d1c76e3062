import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countSteps } from '../../../src/modules/insights/health/bridges.ts'
import {
  compatibilityOf,
  flagsOf,
  type HealthInputs,
  healthOf,
  maintenanceOf,
  popularityOf,
  stabilityOf,
} from '../../../src/modules/insights/health/health-formula.ts'
import { termsOf } from '../../../src/modules/insights/health/terms.ts'
import { wantedRange } from '../../../src/modules/insights/wanted-range.ts'
import { declaredNeeds } from '../../../src/modules/packuments/tarball/declared-needs.ts'
import { dependenciesOf } from '../../../src/modules/timescape/dependants/dependencies.ts'

const plain: HealthInputs = {
  ...{ recentDownloads: 0, dependants: 0, stars: 0, published: 1, yanked: 0, prereleases: 0, isStableLine: true, ageDays: 0, idleDays: 0 },
  ...{ publishedLastYear: 1, steps: 0, breakingSteps: 0, undeclaredSteps: 0, bridgedSteps: 0, bridgedUndeclaredSteps: 0 },
  ...{ deprecated: false, securityScore: null, vulnerabilities: 0, graveVulnerabilities: 0 },
}
const of = (change: Partial<HealthInputs>): HealthInputs => ({ ...plain, ...change })

test('R17.2: popularity is reach on a logarithmic scale', () => {
  expect(popularityOf(plain)).toBe(0)
  expect(popularityOf(of({ recentDownloads: 999 }))).toBe(50)
  expect(popularityOf(of({ recentDownloads: 999_999 }))).toBe(100)
  // One dependant is worth 50 downloads, a star 20.
  expect(popularityOf(of({ dependants: 2 }))).toBe(popularityOf(of({ recentDownloads: 100 })))
  expect(popularityOf(of({ stars: 5 }))).toBe(popularityOf(of({ recentDownloads: 100 })))
})

test('R17.1: stability falls with what was taken back, broke or never was finished, and comes with age', () => {
  const ripe = { published: 10, steps: 9, ageDays: 90 }
  expect(stabilityOf(of(ripe))).toBe(100)
  expect(stabilityOf(of({ ...ripe, ageDays: 0 }))).toBe(80)
  expect(stabilityOf(of({ ...ripe, isStableLine: false }))).toBe(60)
  expect(stabilityOf(of({ ...ripe, yanked: 2 }))).toBe(90)
  expect(stabilityOf(of({ ...ripe, breakingSteps: 9 }))).toBe(60)
  expect(stabilityOf(of({ ...ripe, prereleases: 5 }))).toBe(90)
})

test('R17.1: compatibility counts steps that break more than they declare, and transformers make up for them', () => {
  expect(compatibilityOf(plain)).toBe(70)
  expect(compatibilityOf(of({ steps: 10 }))).toBe(95)
  expect(compatibilityOf(of({ steps: 10, breakingSteps: 4, undeclaredSteps: 4 }))).toBe(62)
  expect(compatibilityOf(of({ steps: 10, breakingSteps: 4 }))).toBe(87)
  expect(compatibilityOf(of({ steps: 10, breakingSteps: 4, bridgedSteps: 4 }))).toBe(95)
  const bridged = { steps: 10, breakingSteps: 4, undeclaredSteps: 4, bridgedSteps: 4, bridgedUndeclaredSteps: 4 }
  expect(compatibilityOf(of(bridged))).toBe(87)
})

test('R17.2: maintenance is how lately and how often something came, and how the newest stands', () => {
  expect(maintenanceOf(of({ publishedLastYear: 4, securityScore: 100 }))).toBe(100)
  expect(maintenanceOf(of({ publishedLastYear: 4 }))).toBe(94)
  expect(maintenanceOf(of({ publishedLastYear: 4, securityScore: 0 }))).toBe(70)
  expect(maintenanceOf(of({ publishedLastYear: 0, idleDays: 365, securityScore: 100 }))).toBe(55)
  expect(maintenanceOf(of({ publishedLastYear: 4, securityScore: 100, deprecated: true }))).toBe(20)
})

const share = fc.nat({ max: 50 })
const anything: fc.Arbitrary<HealthInputs> = fc
  .record({
    ...{ recentDownloads: fc.nat(), dependants: fc.nat(), stars: fc.nat(), published: fc.integer({ min: 1, max: 5_000 }) },
    ...{ yanked: share, prereleases: share, isStableLine: fc.boolean(), ageDays: fc.double({ min: 0, max: 1e5, noNaN: true }) },
    ...{ idleDays: fc.double({ min: 0, max: 1e5, noNaN: true }), publishedLastYear: share, steps: share },
    ...{ breakingSteps: share, undeclaredSteps: share, bridgedSteps: share, bridgedUndeclaredSteps: share, deprecated: fc.boolean() },
    ...{ securityScore: fc.option(fc.nat({ max: 100 })), vulnerabilities: share, graveVulnerabilities: share },
  })
  .map((inputs) => {
    const published = inputs.published + inputs.yanked + inputs.prereleases
    const breakingSteps = Math.min(inputs.steps, inputs.breakingSteps)
    const undeclaredSteps = Math.min(breakingSteps, inputs.undeclaredSteps)
    const bridgedUndeclaredSteps = Math.min(undeclaredSteps, inputs.bridgedUndeclaredSteps)
    const bridgedSteps = bridgedUndeclaredSteps + Math.min(breakingSteps - undeclaredSteps, inputs.bridgedSteps)
    return { ...inputs, published, breakingSteps, undeclaredSteps, bridgedSteps, bridgedUndeclaredSteps }
  })

test('P23: scores are whole numbers from 0 to 100, more use never lowers one, and badges say what scores say', () => {
  fc.assert(
    fc.property(anything, (inputs) => {
      const health = healthOf(inputs)
      for (const value of [health.score, health.popularity, health.stability, health.compatibility, health.maintenance])
        expect(Number.isInteger(value) && value >= 0 && value <= 100).toBe(true)
      expect(healthOf({ ...inputs, recentDownloads: inputs.recentDownloads + 1_000 }).score).toBeGreaterThanOrEqual(health.score)
      expect(healthOf({ ...inputs, yanked: inputs.published }).stability).toBeLessThanOrEqual(health.stability)
      expect(health.badges.includes('popular')).toBe(health.popularity >= 60)
      expect(health.badges.includes('stable')).toBe(health.stability >= 75 && inputs.isStableLine)
      expect(health.badges.includes('compatible')).toBe(health.compatibility >= 80)
      expect(health.badges.includes('maintained')).toBe(health.maintenance >= 60 && !inputs.deprecated)
      const flags = flagsOf(inputs, null).map(({ name }) => name)
      for (const name of ['deprecated', 'unmaintained', 'vulnerable'] as const)
        expect(health.badges.includes(name)).toBe(flags.includes(name))
    }),
    { numRuns: 200 },
  )
})

test('steps are bridged by a transformer whose ranges take both ends', () => {
  const step = (from: string, to: string, undeclared: boolean) => ({ from, to, breaking: true, undeclared })
  const steps = [
    step('1.0.0', '2.0.0', false),
    step('2.0.0', '2.1.0', true),
    { from: '2.1.0', to: '2.2.0', breaking: false, undeclared: false },
  ]
  expect(countSteps({ steps, transformers: [] })).toMatchObject({ steps: 3, breakingSteps: 2, undeclaredSteps: 1, bridgedSteps: 0 })
  const transformers = [{ from: '^1.0.0', to: '^2.0.0' }]
  expect(countSteps({ steps, transformers })).toMatchObject({ bridgedSteps: 1, bridgedUndeclaredSteps: 0 })
  expect(countSteps({ steps, transformers: [{ from: '2.0.x', to: '2.1.x' }] })).toMatchObject({
    bridgedSteps: 1,
    bridgedUndeclaredSteps: 1,
  })
})

/** All versions are told. */
const whole = { hasMore: false, beside: [] }
const versionOf = <One extends { readonly version: string }>(one: One | 'cut' | undefined) => (typeof one === 'object' ? one.version : one)

test('a range is answered as clients answer it: the highest that fits, deprecated ones last, pre-releases only where they are meant', () => {
  const all = ['3.0.0-rc.1', '2.1.0', '2.0.0', '1.5.0', '1.0.0'].map((version) => ({ version, deprecated: version === '2.1.0' }))
  const tags = new Map([['next', '3.0.0-rc.1']])
  const chosen = (range: string) => versionOf(wantedRange(range).choose({ versions: all, tags, format: 'npm', ...whole }))
  expect(
    ['*', '^2.0.0', '2.1.0', '^1', 'next', '^3.0.0-rc.0', '>=3', 'latest', 'https://x.example.org/a.tgz', 'workspace:*'].map(chosen),
  ).toEqual([...['2.0.0', '2.0.0', '2.1.0', '1.5.0', '3.0.0-rc.1', '3.0.0-rc.1', undefined, undefined, undefined, undefined]])
  expect(
    versionOf(
      wantedRange('*').choose({ versions: [{ version: '1.0.0-rc.1', deprecated: false }], tags: new Map(), format: 'npm', ...whole }),
    ),
  ).toBe('1.0.0-rc.1')
})

test('npm takes the version of latest where the range allows it and it is not deprecated, other formats the highest', () => {
  const versions = ['2.0.0', '1.5.0', '1.4.0', '1.3.0'].map((version) => ({ version, deprecated: version === '1.3.0' }))
  const chosen = (range: string, latest: string, format = 'npm') =>
    versionOf(wantedRange(range).choose({ versions, tags: new Map([['latest', latest]]), format, ...whole }))
  expect(['^1.0.0', '*', '>=1.5.0', '^2.0.0'].map((range) => chosen(range, '1.4.0'))).toEqual(['1.4.0', '1.4.0', '2.0.0', '2.0.0'])
  expect(chosen('^1.0.0', '1.3.0')).toBe('1.5.0')
  expect(chosen('^1.0.0', '1.4.0', 'generic')).toBe('1.5.0')
})

test('where not all versions are told, a range is answered only by what no other could outdo', () => {
  const told = (version: string, deprecated = false) => ({ version, deprecated })
  const offer = { versions: [told('3.1.0'), told('3.0.0'), told('2.9.0', true)], beside: [told('1.4.0'), told('1.2.0')], hasMore: true }
  const chosen = (range: string, format = 'npm') =>
    versionOf(
      wantedRange(range).choose({
        ...offer,
        tags: new Map([
          ['latest', '1.4.0'],
          ['next', '3.1.0'],
          ['gone', '0.9.0'],
        ]),
        format,
      }),
    )
  expect(['latest', 'next', '*', '^1.0.0', '^3.0.0', '1.2.0', '2.9.0'].map((range) => chosen(range))).toEqual([
    ...['1.4.0', '3.1.0', '1.4.0', '1.4.0', '3.1.0', '1.2.0', '2.9.0'],
  ])
  // A pre-release of 4.0.0 that is not told may be what `>=3.0.0 <4.0.0-rc.5` takes first; of 3.0.0 it is lower than the release.
  expect(['>=3.0.0 <4.0.0-rc.5', '^3.0.0 || 4.0.0-rc.1', '^3.0.0-rc.1', '^3.0.0 || 2.0.0-rc.1'].map((range) => chosen(range))).toEqual([
    ...['cut', 'cut', '3.1.0', '3.1.0'],
  ])
  // 1.5.0 may be there, and a 2.8.0 that is not deprecated.
  expect(['^1.0.0', '^2.0.0', '^0.9.0', 'gone'].map((range) => chosen(range, 'generic'))).toEqual(['cut', 'cut', 'cut', 'cut'])
})

test('terms are what keywords, stacks and names say, whatever their form', () => {
  expect(
    termsOf({
      keywords: ['UI', 'ui', 7],
      config: { framework: 'Fastify', includesModules: ['acme/login:1.0.0'] },
      dependencies: [{ name: '@gati/core' }],
    }),
  ).toEqual(['ui', 'fastify', 'acme/login', 'login', 'gati/core', 'core'])
  expect(termsOf({ keywords: null, config: 5, dependencies: { react: '1' } })).toEqual(['react'])
})

test('what a package needs is kept as far as it can be stored, whatever was written', () => {
  const needs = declaredNeeds({
    dependencies: { a: '^1', 'b\0': '1', c: 'x\0', d: 5, e: 'x'.repeat(257), ['\ud800']: '1', __proto__: null, f: '2' },
    peerDependencies: { p: '1' },
    peerDependenciesMeta: { p: { optional: true }, q: { optional: 'yes' }, r: null },
    optionalDependencies: ['x'],
    devDependencies: { g: '1' },
  })
  expect(needs).toEqual({
    dependencies: { a: '^1', f: '2' },
    peerDependencies: { p: '1' },
    peerDependenciesMeta: { p: { optional: true } },
  })
  expect(dependenciesOf({ ...needs, optionalDependencies: { o: 'npm:@acme/real@^2', bare: 'npm:thing' } }, 'eve').toReversed()).toEqual([
    ...[
      { namespace: 'library', name: 'a', range: '^1', optional: false, kind: 'runtime' },
      { namespace: 'library', name: 'f', range: '2', optional: false, kind: 'runtime' },
      { namespace: 'library', name: 'p', range: '1', optional: true, kind: 'peer' },
      { namespace: 'acme', name: 'real', range: '^2', optional: true, kind: 'optional' },
      { namespace: 'library', name: 'thing', range: '*', optional: true, kind: 'optional' },
    ],
  ])
})

import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AnalysisFailed } from '../../../src/modules/scanning/analysis/analysis-failed.ts'
import type { Component } from '../../../src/modules/scanning/analysis.contract.ts'
import { linkContents, writeContent } from '../../../src/modules/scanning/contents.queries.ts'
import { addScan, holdSubject } from '../../../src/modules/scanning/scans.queries.ts'
import { Database, Transaction } from '../../../src/shared/kernel/database.ts'
import { openScanning, type ScanningRegistry } from './open-scanning.ts'

let registry: ScanningRegistry
let artifactId: string

beforeAll(async () => {
  registry = await openScanning({}, { reacts: false })
  await registry.user('ada')
  await registry.publish('ada', 'ada/app/1.0.0', { 'package.json': {} })
  const [row] = await registry.sql<{ id: string }>`select id from artifacts`
  artifactId = row?.id ?? ''
})
afterAll(() => registry?.[Symbol.asyncDispose]())

const ecosystems = ['npm', 'PyPI', 'Debian:12', 'Alpine:v3.20', 'Red Hat:9', 'Go', 'Maven', 'RubyGems'] as const
type Ecosystem = (typeof ecosystems)[number]

/** A version by its number, as the ecosystem writes it: in all of them 9 comes before 10. */
const written = (ecosystem: Ecosystem, number: number): string =>
  ({
    npm: `1.${number}.0`,
    Go: `1.${number}.0`,
    PyPI: `1.${number}`,
    RubyGems: `1.${number}`,
    Maven: `1.${number}`,
    'Debian:12': `1:2.${number}-1+deb12u1`,
    'Alpine:v3.20': `3.${number}-r0`,
    'Red Hat:9': `4.${number}-1.el9`,
  })[ecosystem]

interface Package {
  readonly ecosystem: Ecosystem
  readonly name: number
  readonly version: number
}
interface Known {
  readonly ecosystem: Ecosystem
  readonly name: number
  readonly introduced: number
  readonly length: number
  readonly open: boolean
}
const about = { ecosystem: fc.constantFrom(...ecosystems), name: fc.nat(2) }
const packages = fc.array(fc.record({ ...about, version: fc.nat(12) }), { minLength: 1, maxLength: 6 })
const known = fc.array(fc.record({ ...about, introduced: fc.nat(11), length: fc.integer({ min: 1, max: 6 }), open: fc.boolean() }), {
  minLength: 1,
  maxLength: 5,
})

let runs = 0
const nameOf = (run: number, name: number): string => `gen-${run}-${name}`
/** Distributions name the source package. */
const hasSource = (ecosystem: Ecosystem): boolean => /^(?:Debian|Alpine)/.test(ecosystem)

function componentOf(run: number, { ecosystem, name, version }: Package): Component {
  const text = written(ecosystem, version)
  const known = nameOf(run, name)
  const source = hasSource(ecosystem) ? { source: { name: known, version: text } } : {}
  return {
    purl: `pkg:generic/${ecosystem.replace(/\W/g, '-')}/${known}@${version}`,
    ecosystem,
    name: hasSource(ecosystem) ? `lib${known}` : known,
    version: text,
    path: 'x',
    licenses: [],
    ...source,
  }
}

const documentOf = (run: number, at: number, { known: one, modified }: { known: Known; modified: string }) => ({
  ...{ id: `GEN-${run}-${at}`, modified, summary: 'x' },
  affected: [
    {
      package: { ecosystem: one.ecosystem, name: nameOf(run, one.name) },
      ranges: [
        {
          type: 'ECOSYSTEM',
          events: [
            { introduced: one.introduced === 0 ? '0' : written(one.ecosystem, one.introduced) },
            ...(one.open ? [] : [{ fixed: written(one.ecosystem, one.introduced + one.length) }]),
          ],
        },
      ],
    },
  ],
})

/** What has to be found, in numbers. */
const oracle = (run: number, sbom: readonly Package[], all: readonly Known[]): string[] =>
  [
    ...new Set(
      sbom.flatMap(({ ecosystem, name, version }) =>
        all.flatMap((one, at) =>
          one.ecosystem === ecosystem &&
          one.name === name &&
          version >= one.introduced &&
          (one.open || version < one.introduced + one.length)
            ? [`GEN-${run}-${at} ${componentOf(run, { ecosystem, name, version }).purl}`]
            : [],
        ),
      ),
    ),
  ].sort()

async function store(run: number, at: number, sbom: readonly Package[]): Promise<string> {
  const database = registry.kernel.resolve(Database)
  const manifestDigest = `sha256:${run.toString(16).padStart(32, '0')}${at.toString(16).padStart(32, '0')}`
  const components = [...new Map(sbom.map((each) => [componentOf(run, each).purl, componentOf(run, each)])).values()]
  await registry.kernel.resolve(Transaction).run(async () => {
    await holdSubject(database, { artifactId, manifestDigest })
    const report = {
      verdict: { level: 'clean', confidence: 0 } as const,
      components,
      findings: [],
      gaps: [],
      notes: [],
      filesSeen: 0,
      bytesSeen: 0,
    }
    await writeContent(database, { key: manifestDigest, digest: manifestDigest, origin: 'analysis', analysedBy: 'test', report })
    await linkContents(database, { artifactId, manifestDigest }, [{ key: manifestDigest, platform: null }])
  })
  return manifestDigest
}

const found = async (manifestDigest: string): Promise<string[]> => {
  const rows = await registry.sql<{ text: string }>`
    select vulnerability || ' ' || purl as text from scan_vulnerabilities where manifest_digest = ${manifestDigest}`
  return rows.map(({ text }) => text).sort()
}

/** Imports, and renews verdicts; answers what was read for it. */
async function learn(documents: readonly object[]) {
  await registry.take(...documents)
  const versions = await registry.sql<{ version: number }>`select distinct version from advisory_changes order by version`
  const counted = { subjects: 0, componentsRead: 0 }
  for (const _ of versions) {
    const { subjects, componentsRead } = await registry.work.reevaluate(AbortSignal.timeout(10_000))
    counted.subjects += subjects
    counted.componentsRead += componentsRead
  }
  return counted
}

test('P6: of any packages and any advisories, exactly the vulnerable ones are found, also after both changed; no other artifact is read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(packages, { minLength: 1, maxLength: 2 }), known, known, async (sboms, first, second) => {
      runs += 1
      const run = runs
      const digests = await Promise.all(sboms.map((sbom, at) => store(run, at, sbom)))
      const learnt = async (all: readonly Known[], modified: string) =>
        learn(all.map((one, at) => documentOf(run, at, { known: one, modified })))
      const read = await learnt(first, '2026-01-01T00:00:00Z')
      const concerns = (sbom: readonly Package[], all: readonly Known[]) =>
        sbom.some(({ ecosystem, name }) => all.some((one) => one.ecosystem === ecosystem && one.name === name))
      expect(read.subjects).toBe(sboms.filter((sbom) => concerns(sbom, first)).length)
      for (const [at, sbom] of sboms.entries()) expect(await found(digests[at] ?? '')).toEqual(oracle(run, sbom, first))
      const again = await learnt(second, '2026-01-02T00:00:00Z')
      const now = [...second, ...first.slice(second.length)]
      const touched = [...second, ...first.slice(0, second.length)]
      expect(again.subjects).toBe(sboms.filter((sbom) => concerns(sbom, touched)).length)
      for (const [at, sbom] of sboms.entries()) expect(await found(digests[at] ?? '')).toEqual(oracle(run, sbom, now))
    }),
    { numRuns: 100 },
  )
}, 60_000)

test('R14.5: renewing verdicts reads the packages of the affected artifacts alone, by index', async () => {
  const many = 100
  for (let at = 0; at < many; at += 1)
    await store(90_000, at, [
      { ecosystem: 'npm', name: 10_000 + at, version: 1 },
      { ecosystem: 'npm', name: 7, version: at % 50 === 0 ? 3 : 1 },
    ])
  const one = { ecosystem: 'npm', name: 10_005, introduced: 0, length: 5, open: false } as const
  expect(await learn([documentOf(90_000, 1, { known: one, modified: '2026-01-01T00:00:00Z' })])).toEqual({ subjects: 1, componentsRead: 2 })
  const elsewhere = { ...one, name: 99_999 }
  expect(await learn([documentOf(90_000, 2, { known: elsewhere, modified: '2026-01-01T00:00:00Z' })])).toEqual({
    subjects: 0,
    componentsRead: 0,
  })
  const all = { ...one, name: 7, introduced: 3, length: 1 }
  expect(await learn([documentOf(90_000, 3, { known: all, modified: '2026-01-01T00:00:00Z' })])).toEqual({
    subjects: many,
    componentsRead: 2 * many,
  })
  const [row] = await registry.sql<{
    count: number
  }>`select count(*) as count from scan_vulnerabilities where vulnerability = 'GEN-90000-3'`
  expect(row?.count).toBe(2)
  await registry.sql`analyze scan_components`
  const plan = await registry.sql`explain select content_id from scan_components where ecosystem = 'npm' and name = 'gen-90000-7'`
  expect(JSON.stringify(plan)).toContain('scan_components_ecosystem_name_index')
}, 30_000)

test('what was not looked at for its interval is scanned again, and who died over a scan is no reason to wait for it', async () => {
  const database = registry.kernel.resolve(Database)
  const [row] = await registry.sql<{ digest: string }>`select manifest_digest as digest from versions`
  const subject = { artifactId, manifestDigest: row?.digest ?? '' }
  await registry.work.scan(subject, { cause: 'published' }, AbortSignal.timeout(10_000))
  expect(await registry.work.rescanDue(AbortSignal.timeout(10_000))).toBe(0)
  await registry.sql`update scan_subjects set scanned_at = now() - interval '8 days' where manifest_digest = ${subject.manifestDigest}`
  await addScan(database, subject, { cause: 'requested', status: 'scanning', id: '01900000-0000-7000-8000-0000000000ff' })
  await registry.sql`update scans set started_at = now() - interval '4 hours' where status = 'scanning'`
  expect(await registry.work.rescanDue(AbortSignal.timeout(10_000))).toBe(1)
  const scans = await registry.sql<{ cause: string; status: string }>`
    select cause, status from scans where manifest_digest = ${subject.manifestDigest} order by started_at`
  expect(scans).toEqual([
    { cause: 'requested', status: 'failed' },
    { cause: 'published', status: 'completed' },
    { cause: 'interval', status: 'completed' },
  ])
  await registry.sql`update scan_subjects set scanned_at = now() - interval '8 days' where manifest_digest = ${subject.manifestDigest}`
  await registry.sql`delete from scan_contents where digest = ${subject.manifestDigest}`
  registry.analyst.failure = new Error('a bug')
  await expect(registry.work.rescanDue(AbortSignal.timeout(10_000))).rejects.toThrow('1 of 1 scans failed')
  registry.analyst.failure = undefined
  expect(await registry.work.rescanDue(AbortSignal.timeout(10_000))).toBe(0)
})

test('R14.5: every batch of an import told of itself, and one verdict that could not be renewed kept all others from it', async () => {
  const packageOf = (name: number) => ({ ecosystem: 'npm', name, version: 1 }) as const
  const broken = await store(91_000, 1, [packageOf(1)])
  const fine = await store(91_000, 2, [packageOf(600)])
  await registry.sql`insert into scan_reports (artifact_id, manifest_digest, scanner, scanner_version, database_version, vulnerabilities)
    values (${artifactId}, ${broken}, 'other', '1', '1', '[1]')`
  await registry.sql`update scan_subjects set scanned_at = now() where manifest_digest = ${broken}`
  const known = (name: number) => ({ ecosystem: 'npm', name, introduced: 0, length: 5, open: false }) as const
  const told = async () => (await registry.sql`select 1 from outbox where name = 'scanning.advisories_changed'`).length
  const before = await told()
  const documents = Array.from({ length: 601 }, (_, at) => documentOf(91_000, at, { known: known(at), modified: '2026-01-01T00:00:00Z' }))
  await registry.take(...documents)
  expect(await told()).toBe(before + 1)
  await expect(registry.work.reevaluate(AbortSignal.timeout(10_000))).rejects.toThrow('1 verdicts could not be renewed')
  expect(await found(fine)).toHaveLength(1)
  expect(await registry.sql`select 1 from advisory_changes union all select 1 from advisory_reevaluations`).toEqual([])
  expect(await registry.sql`select manifest_digest from scan_subjects where scanned_at < now() - interval '1 year'`).toEqual([
    { manifest_digest: broken },
  ])
})

test('R14.2: a first scan that failed was never tried again', async () => {
  await registry.publish('ada', 'ada/slow/1.0.0', { 'slow.json': {} })
  const [row] = await registry.sql<{ id: string; digest: string }>`
    select a.id, v.manifest_digest as digest from versions v join artifacts a on a.id = v.artifact_id where a.name = 'slow'`
  const subject = { artifactId: row?.id ?? '', manifestDigest: row?.digest ?? '' }
  registry.analyst.failure = new AnalysisFailed('timeout', 'not done after 300000 ms')
  await registry.work.scan(subject, { cause: 'published' }, AbortSignal.timeout(5_000))
  const later = async () => {
    await registry.sql`update scans set started_at = now() - interval '2 hours' where artifact_id = ${subject.artifactId}`
    return registry.work.rescanDue(AbortSignal.timeout(5_000))
  }
  // What other tests left over.
  await registry.work.rescanDue(AbortSignal.timeout(5_000))
  const hourly = [await registry.work.rescanDue(AbortSignal.timeout(5_000)), await later()]
  registry.analyst.failure = undefined
  expect([...hourly, await later(), await later()]).toEqual([0, 1, 1, 0])
})

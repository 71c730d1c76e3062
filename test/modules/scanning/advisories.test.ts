import { afterAll, beforeAll, expect, test } from 'vitest'
import artifacts from '../../../src/modules/artifacts/module.ts'
import auth from '../../../src/modules/auth/module.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import { AdvisoriesService } from '../../../src/modules/scanning/advisories.service.ts'
import { Advisories, type ImportReport, maxAdvisoryBytes } from '../../../src/modules/scanning/contract.ts'
import scanning from '../../../src/modules/scanning/module.ts'
import { Database, Transaction } from '../../../src/shared/kernel/database.ts'
import { Events } from '../../../src/shared/kernel/events.ts'
import { startTestKernel, type TestKernel } from '../../../src/shared/testing/start-test-kernel.ts'
import { malware, newScore, streamOf, traversal } from './osv-documents.ts'

let kernel: TestKernel
let advisories: Advisories

beforeAll(async () => {
  kernel = await startTestKernel({ modules: [auth, metadata, artifacts, scanning] })
  advisories = kernel.resolve(Advisories)
  expect(await take(traversal, malware, newScore)).toMatchObject({ read: 3, added: 3, failed: 0 })
})

afterAll(() => kernel?.[Symbol.asyncDispose]())

const take = (...documents: unknown[]): Promise<ImportReport> => advisories.import(streamOf(documents))
const ask = async (name: string, versions: readonly string[], ecosystem = 'npm') =>
  (await advisories.matching(ecosystem, new Map([[name, versions]]))).get(name) ?? []
const idsOf = async (name: string, versions: readonly string[], ecosystem?: string) =>
  (await ask(name, versions, ecosystem)).map(({ id }) => id)
const variant = (id: string, modified: string, more: object = {}) => ({
  ...traversal,
  ...{ id, modified },
  affected: [{ package: { ecosystem: 'npm', name: id.toLowerCase() }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }] }],
  ...more,
})

test('an advisory has what its document tells, and the union of its ranges', async () => {
  expect(await ask('gati-fixture-widget', ['1.0.0', '1.2.3', '2.0.0'])).toEqual([
    {
      id: traversal.id,
      number: expect.any(Number),
      url: `https://github.com/advisories/${traversal.id}`,
      title: traversal.summary,
      severity: 'moderate',
      vulnerableVersions: '<1.2.3 || >=2.0.0-alpha.1 <2.1.0',
      patchedVersions: '>=1.2.3 <2.0.0-alpha.1 || >=2.1.0',
      cwe: ['CWE-22'],
      cvss: { score: 6.1, vectorString: traversal.severity[0]?.score },
      aliases: ['CVE-2026-10001'],
      publishedAt: '2026-01-02T00:00:00Z',
      modifiedAt: '2026-02-03T10:11:12.345678Z',
      affectedVersions: ['1.0.0', '2.0.0'],
    },
  ])
})

test('prereleases, and what is not a version, are told apart', async () => {
  const asked = ['1.2.3-rc.1', '0.0.0-0', '2.0.0-alpha.0', '2.0.0-alpha.1', '2.1.0-rc.1', '2.1.0', 'latest', '', 'file:../x']
  const [found] = await ask('gati-fixture-widget', asked)
  expect(found?.affectedVersions).toEqual(['1.2.3-rc.1', '0.0.0-0', '2.0.0-alpha.1', '2.1.0-rc.1'])
  expect(await ask('gati-fixture-widget', ['1.2.3', '2.1.0'])).toEqual([])
})

test('malicious versions that are listed one by one match exactly, and are critical without a score', async () => {
  const [found] = await ask('@gati-fixture/left-pod', ['1.0.0', '1.0.1'])
  expect(found).toMatchObject({
    ...{ severity: 'critical', affectedVersions: ['1.0.1'], vulnerableVersions: '1.0.1 || 9.9.9', patchedVersions: null },
    ...{ cvss: { score: 0, vectorString: null }, cwe: [], url: 'https://osv.dev/vulnerability/MAL-2026-77' },
  })
})

test('a broken vector is passed over, severity comes from the score, and a title from the details', async () => {
  const [found] = await ask('gati-fixture-parser', ['1.4.0'])
  expect(found).toMatchObject({
    severity: 'high',
    cvss: { score: 8.7 },
    title: 'A parser that never ends.',
    url: expect.stringContaining('osv.dev'),
  })
  expect(await idsOf('gati-fixture-parser', ['1.4.1', '0.9.0'])).toEqual([])
})

test('R14.1: every ecosystem has its own order; where nobody knows it, versions that are listed match', async () => {
  for (const version of ['1.4', '1.4rc1', '1.0', '1.4.0', '1.4.post0', '1.3.dev2'])
    expect([version, await idsOf('gati-fixture-parser', [version], 'PyPI')]).toEqual([version, [newScore.id]])
  for (const version of ['1.4.post1', '1.4.1', '2'])
    expect([version, await idsOf('gati-fixture-parser', [version], 'PyPI')]).toEqual([version, []])
  const unordered = {
    package: { ecosystem: 'Elsewhere', name: 'thing' },
    ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }],
    versions: ['x'],
  }
  await take(variant('EXAMPLE-ELSEWHERE', '2026-01-01T00:00:00Z', { affected: [unordered] }))
  expect([await idsOf('thing', ['x'], 'Elsewhere'), await idsOf('thing', ['y'], 'Elsewhere')]).toEqual([['EXAMPLE-ELSEWHERE'], []])
  expect(await idsOf('gati-fixture-widget', ['1.0.0'], 'PyPI')).toEqual([])
})

test('what is not newer changes nothing; what is newer does, and keeps its number', async () => {
  const [before] = await ask('gati-fixture-widget', ['1.0.0'])
  expect(await take(traversal, malware, newScore)).toMatchObject({ read: 3, added: 0, updated: 0, skipped: 3 })
  const older = { ...traversal, modified: '2026-02-03T10:11:12.345677Z', summary: 'an old title' }
  expect(await take(older)).toMatchObject({ skipped: 1 })
  expect(await ask('gati-fixture-widget', ['1.0.0'])).toEqual([before])
  const newer = { ...traversal, modified: '2026-02-04T00:00:00Z', summary: 'a new title', affected: traversal.affected.slice(0, 1) }
  expect(await take(newer, older)).toMatchObject({ updated: 1, skipped: 1 })
  const [after] = await ask('gati-fixture-widget', ['1.0.0'])
  expect(after).toMatchObject({ number: before?.number, title: 'a new title', vulnerableVersions: '<1.2.3' })
  expect(await ask('gati-fixture-widget', ['2.0.0'])).toEqual([])
})

test('a withdrawn advisory stops matching, and matches again when it is taken back', async () => {
  const id = 'EXAMPLE-WITHDRAWN'
  await take(variant(id, '2026-01-01T00:00:00Z'))
  expect(await idsOf(id.toLowerCase(), ['1.0.0'])).toEqual([id])
  const withdrawn = variant(id, '2026-01-02T00:00:00Z', { withdrawn: '2026-01-02T00:00:00Z' })
  expect(await take(withdrawn)).toMatchObject({ withdrawn: 1, updated: 0 })
  expect(await idsOf(id.toLowerCase(), ['1.0.0'])).toEqual([])
  expect(await take(variant(id, '2026-01-03T00:00:00Z'))).toMatchObject({ updated: 1 })
  expect(await idsOf(id.toLowerCase(), ['1.0.0'])).toEqual([id])
})

test('a bad document is reported and stops nothing', async () => {
  const bad: [unknown, RegExp][] = [
    ['{"id":', /it is not JSON/],
    ['null', /no OSV 1.x document/],
    [{ ...traversal, schema_version: '2.0.0' }, /schema_version/],
    [{ ...traversal, modified: 'yesterday' }, /modified/],
    [{ ...traversal, modified: '2026-13-41T00:00:00Z' }, /no instant/],
    [{ ...traversal, id: 'two words' }, /\/id/],
    [{ ...traversal, summary: 'a \u0000' }, /NUL/],
    [
      {
        ...traversal,
        affected: [{ package: { ecosystem: 'npm', name: 'x' }, ranges: [{ type: 'SEMVER', events: [{ introduced: 'x' }] }] }],
      },
      /no version/,
    ],
    [{ ...traversal, affected: Array.from({ length: 10_001 }, () => ({})) }, /affected/],
    [{ ...traversal, details: 'x'.repeat(maxAdvisoryBytes) }, /larger than/],
  ]
  const good = variant('EXAMPLE-AFTER-BAD', '2026-01-01T00:00:00Z')
  const report = await take(...bad.map(([document]) => document), good)
  expect(report).toMatchObject({ read: bad.length + 1, failed: bad.length, added: 1 })
  for (const [index, [, reason]] of bad.entries())
    expect(report.problems[index]).toEqual({ file: `${index}.json`, reason: expect.stringMatching(reason) })
})

test('names that reach for a prototype are names like any other', async () => {
  const text = JSON.stringify({ ...variant('EXAMPLE-PROTO', '2026-01-01T00:00:00Z'), affected: [] })
  const hostile = text.replace(
    '"affected":[]',
    '"__proto__":{"polluted":1},"affected":[{"package":{"ecosystem":"npm","name":"__proto__"},"versions":["1.0.0"]}]',
  )
  expect(await take(hostile)).toMatchObject({ added: 1 })
  expect(await idsOf('__proto__', ['1.0.0'])).toEqual(['EXAMPLE-PROTO'])
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
})

test('thousands of documents go in by batches, each of them committed, and a source that fails keeps what came before', async () => {
  const many = Array.from({ length: 1_200 }, (_, index) => variant(`EXAMPLE-MANY-${index}`, '2026-01-01T00:00:00Z'))
  const seen: number[] = []
  const failing = async function* () {
    yield* streamOf(many)
    throw new Error('the disk is gone')
  }
  await expect(advisories.import(failing(), ({ added }) => seen.push(added))).rejects.toThrow('the disk is gone')
  expect(seen).toEqual([500, 1_000])
  expect(await take(...many)).toMatchObject({ read: 1_200, added: 200, skipped: 1_000 })
})

test('two imports of the same documents at a time store them once', async () => {
  const many = Array.from({ length: 700 }, (_, index) => variant(`EXAMPLE-TWICE-${index}`, '2026-01-01T00:00:00Z'))
  const [one, other] = await Promise.all([take(...many), take(...many.toReversed())])
  expect(one.added + other.added).toBe(700)
  expect(one.skipped + other.skipped).toBe(700)
})

test('a thousand packages are one statement that reads the index', async () => {
  const database = kernel.resolve(Database)
  const names = Array.from({ length: 1_000 }, (_, index) => `example-many-${index}`)
  let statements = 0
  const counted: Database = {
    em: database.em,
    ping: database.ping,
    sql: (text, ...values) => {
      statements += 1
      return database.sql(text, ...values)
    },
  }
  const audit = { record: async () => {} }
  const deps = { database: counted, transaction: kernel.resolve(Transaction), events: kernel.resolve(Events), audit }
  const service = new AdvisoriesService(deps)
  const found = await service.matching('npm', new Map(names.map((name) => [name, ['1.0.0']])))
  expect(statements).toBe(1)
  expect(found.size).toBe(1_000)
  await database.sql`analyze advisory_ranges`
  const plan = await database.sql<{ 'QUERY PLAN': string }>`explain select * from advisory_ranges r
    where r.ecosystem = 'npm' and r.package_name = any(${['gati-fixture-widget', 'example-many-1']}::text[])`
  expect(JSON.stringify(plan)).toContain('advisory_ranges_ecosystem_package_name_index')
})

test('an import is in the audit log', async () => {
  const rows = await kernel.resolve(Database).sql<{
    count: number
  }>`select count(*) from audit_log where action = 'advisories.imported'`
  expect(rows[0]?.count).toBeGreaterThan(5)
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { AnalysisFailed } from '../../../src/modules/scanning/analysis/analysis-failed.ts'
import { advisory, critical, moderate, openScanning, type ScanningRegistry } from './open-scanning.ts'

let registry: ScanningRegistry

beforeAll(async () => {
  registry = await openScanning()
  for (const name of ['ada', 'bob']) await registry.user(name)
  await registry.request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'public' } })
  await registry.take(
    advisory('GHSA-aaaa-aaaa-aaaa', { name: 'left-leg', fixed: '1.2.0', vector: critical, aliases: ['CVE-2026-1'] }),
    advisory('GHSA-bbbb-bbbb-bbbb', { name: 'right-arm', introduced: '2.0.0', vector: moderate }),
  )
})
afterAll(() => registry?.[Symbol.asyncDispose]())

const tree = (packages: Readonly<Record<string, string>>): Record<string, object> => ({
  'package/package.json': { name: 'app', version: '1.0.0', license: 'MIT' },
  ...Object.fromEntries(
    Object.entries(packages).map(([name, version]) => [`package/node_modules/${name}/package.json`, { name, version, license: 'ISC' }]),
  ),
})

test('R5.3 R14.3 Q110 Q111: a publish is scanned, and everybody who sees it sees the report', async () => {
  await registry.publish('ada', 'ada/warm/1.0.0', tree({}))
  await registry.settled()
  const started = performance.now()
  const digest = await registry.publish('ada', 'ada/app/1.0.0', tree({ 'left-leg': '1.1.9', 'right-arm': '1.9.0', other: '3.0.0' }))
  await expect.poll(async () => (await registry.scanOf('ada/app/1.0.0')).status, { timeout: 2_000, interval: 20 }).toBe('completed')
  expect(performance.now() - started).toBeLessThan(2_000)
  const report = await registry.scanOf('ada/app/1.0.0')
  expect(report).toEqual({
    ...{
      scanId: expect.any(String),
      status: 'completed',
      cause: 'published',
      manifestDigest: digest,
      problem: null,
      gaps: [],
      findings: [],
    },
    ...{ securityScore: 52, riskLevel: 'critical', malicious: false, verdict: 'clean', counts: { critical: 1 }, components: 4 },
    scanners: [{ name: 'gati', version: '2', databaseVersion: '1' }],
    ...{ startedAt: expect.any(String), completedAt: expect.any(String) },
    vulnerabilities: [
      {
        ...{ id: 'CVE-2026-1', cveId: 'CVE-2026-1', aliases: ['GHSA-aaaa-aaaa-aaaa'], severity: 'critical', cvssScore: 9.8 },
        ...{ title: 'What GHSA-aaaa-aaaa-aaaa is about', description: 'All of GHSA-aaaa-aaaa-aaaa.' },
        ...{ affectedPackage: 'left-leg', affectedVersion: '1.1.9', purl: 'pkg:npm/left-leg@1.1.9', fixedVersion: '1.2.0' },
        references: ['https://github.com/advisories/GHSA-aaaa-aaaa-aaaa', 'https://example.org/GHSA-aaaa-aaaa-aaaa'],
        ...{ scanners: ['gati'], status: 'affected', justification: null, statedBy: null, detectedAt: expect.any(String) },
      },
    ],
  })
  const events = await registry.sql<{
    name: string
    payload: object
  }>`select name, payload from outbox where name like 'scanning.%' order by id`
  expect(events.map(({ name }) => name)).toEqual(['scanning.scan_completed', 'scanning.scan_completed', 'scanning.vulnerability_detected'])
  expect(events[2]?.payload).toMatchObject({
    advisoryId: 'CVE-2026-1',
    aliases: ['GHSA-aaaa-aaaa-aaaa'],
    package: 'left-leg',
    severity: 'critical',
    fixedVersion: '1.2.0',
  })
})

test('R14.3: the same content is not unpacked again, under whatever name, and a known vulnerability is told once for an artifact', async () => {
  const files = tree({ 'left-leg': '1.0.0' })
  await registry.publish('ada', 'ada/twice/1.0.0', files)
  await registry.settled()
  await registry.publish('ada', 'ada/twice/1.0.1', tree({ 'left-leg': '1.0.1' }))
  await registry.settled()
  const { seen } = registry.analyst
  const told = await registry.sql<{ name: string }>`
    select payload ->> 'name' as name from outbox where name = 'scanning.vulnerability_detected' and payload ->> 'name' = 'twice'`
  expect(told).toHaveLength(1)
  const before = seen.length
  for (const _ of [1, 2]) {
    const asked = await registry.request('POST', '/v1/artifacts/ada/twice/1.0.0/scan', { as: 'ada' })
    expect([asked.statusCode, asked.json().status, asked.json().cause]).toEqual([202, 'pending', 'requested'])
    await registry.settled()
  }
  expect(seen.length).toBe(before)
  const { items } = (await registry.request('GET', '/v1/artifacts/ada/twice/1.0.0/scan/history?limit=2')).json()
  expect(items.map(({ status, cause }: { status: string; cause: string }) => [status, cause])).toEqual([
    ['completed', 'requested'],
    ['completed', 'requested'],
  ])
  const all = (await registry.request('GET', '/v1/artifacts/ada/twice/latest/scan/history')).json()
  expect(all.items).toHaveLength(1)
})

test('a scan that waits is not asked for twice, and strangers ask for none', async () => {
  const post = (as?: string) => registry.request('POST', '/v1/artifacts/ada/app/1.0.0/scan', { ...(as && { as }) })
  const [one, other] = await Promise.all([post('ada'), post('ada')])
  expect(one.json().scanId).toBe(other.json().scanId)
  await registry.settled()
  expect((await post()).statusCode).toBe(401)
  expect((await post('bob')).statusCode).toBe(403)
  expect((await registry.request('POST', '/v1/artifacts/ada/app/9.9.9/scan', { as: 'ada' })).json().code).toBe(
    'scanning.manifest_not_found',
  )
})

test('vulnerabilities come in pages, the gravest first, and the score alone', async () => {
  await registry.publish('ada', 'ada/pages/1.0.0', tree({ 'left-leg': '1.1.9', 'right-arm': '2.1.0' }))
  await registry.settled()
  const first = (await registry.request('GET', '/v1/artifacts/ada/pages/1.0.0/scan/vulnerabilities?limit=1')).json()
  expect(first.items.map(({ id }: { id: string }) => id)).toEqual(['CVE-2026-1'])
  const second = (
    await registry.request('GET', `/v1/artifacts/ada/pages/1.0.0/scan/vulnerabilities?limit=1&cursor=${first.nextCursor}`)
  ).json()
  expect(second).toEqual({ items: [expect.objectContaining({ id: 'GHSA-bbbb-bbbb-bbbb', severity: 'moderate' })], nextCursor: null })
  const score = (await registry.request('GET', '/v1/artifacts/ada/pages/1.0.0/scan/score')).json()
  expect(score).toMatchObject({ status: 'completed', securityScore: 45, riskLevel: 'critical', counts: { critical: 1, moderate: 1 } })
  const bad = await registry.request('GET', '/v1/artifacts/ada/pages/1.0.0/scan/vulnerabilities?cursor=WzFd')
  expect([bad.statusCode, bad.json().code]).toEqual([400, 'scanning.cursor_invalid'])
})

test('the list of packages is there as CycloneDX and as SPDX', async () => {
  const cyclone = await registry.request('GET', '/v1/artifacts/ada/app/1.0.0/sbom')
  expect(cyclone.headers['content-type']).toContain('application/vnd.cyclonedx+json')
  expect(cyclone.json()).toMatchObject({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    metadata: { component: { name: 'ada/app', version: '1.0.0' } },
  })
  expect(
    cyclone
      .json()
      .components.map(({ purl }: { purl: string }) => purl)
      .sort(),
  ).toEqual([...['pkg:npm/app@1.0.0', 'pkg:npm/left-leg@1.1.9', 'pkg:npm/other@3.0.0', 'pkg:npm/right-arm@1.9.0']])
  expect((await registry.request('GET', '/v1/artifacts/ada/app/1.0.0/sbom')).body).toBe(cyclone.body)
  const spdx = (await registry.request('GET', '/v1/artifacts/ada/app/1.0.0/sbom?as=spdx')).json()
  expect(spdx).toMatchObject({ spdxVersion: 'SPDX-2.3', dataLicense: 'CC0-1.0' })
  expect(spdx.packages).toHaveLength(5)
})

test('R14.1: what an advisory concerns is listed for whoever may see it, by any of its names', async () => {
  await registry.publish('bob', 'bob/secret/1.0.0', tree({ 'left-leg': '1.0.0' }))
  await registry.settled()
  const affected = async (id: string, as?: string) =>
    (await registry.request('GET', `/v1/advisories/${id}/affected`, { ...(as && { as }) }))
      .json()
      .items.map(({ name, versions }: { name: string; versions: string[] }) => `${name} ${versions}`)
      .sort()
  const seen = ['app 1.0.0', 'pages 1.0.0', 'twice 1.0.0', 'twice 1.0.1']
  for (const id of ['CVE-2026-1', 'GHSA-aaaa-aaaa-aaaa']) expect(await affected(id)).toEqual(seen)
  expect(await affected('CVE-2026-1', 'bob')).toEqual([...seen, 'secret 1.0.0'].sort())
  expect(await affected('CVE-2026-1', 'admin')).toEqual([...seen, 'secret 1.0.0'].sort())
  const pages: string[] = []
  for (let cursor = ''; ; ) {
    const page = (await registry.request('GET', `/v1/advisories/CVE-2026-1/affected?limit=2${cursor}`)).json()
    pages.push(...page.items.map(({ name }: { name: string }) => name))
    if (page.nextCursor === null) break
    cursor = `&cursor=${page.nextCursor}`
  }
  expect(pages.sort()).toEqual(['app', 'pages', 'twice', 'twice'])
  const unknown = await registry.request('GET', '/v1/advisories/CVE-1999-1/affected')
  expect([unknown.statusCode, unknown.json().code]).toEqual([404, 'scanning.advisory_not_found'])
})

test('D-13: a scan of what the caller may not see looks like one of what does not exist', async () => {
  for (const path of ['scan', 'scan/score', 'scan/vulnerabilities', 'scan/history', 'sbom', 'vex']) {
    const [hidden, absent] = await Promise.all(
      ['bob/secret', 'bob/nothing'].map((name) => registry.request('GET', `/v1/artifacts/${name}/1.0.0/${path}`, { as: 'ada' })),
    )
    const told = (answer: typeof hidden) => [answer?.statusCode, answer?.json().code]
    expect([path, told(hidden)]).toEqual([path, told(absent)])
    expect(told(hidden)[0]).toBe(404)
    expect((await registry.request('GET', `/v1/artifacts/bob/secret/1.0.0/${path}`)).statusCode).toBe(401)
  }
})

test('VEX: a statement of the publisher takes a vulnerability out of the score, and says who said so', async () => {
  await registry.publish('ada', 'ada/vexed/1.0.0', tree({ 'left-leg': '1.1.9', 'right-arm': '2.1.0' }))
  await registry.settled()
  const vex = (status: string, more: object = {}) => ({
    ...{ '@context': 'https://openvex.dev/ns/v0.2.0', '@id': 'https://example.org/vex/1', author: 'Ada <ada@example.org>', version: 1 },
    timestamp: '2026-02-01T00:00:00Z',
    statements: [
      {
        vulnerability: { name: 'GHSA-aaaa-aaaa-aaaa' },
        products: [{ '@id': 'pkg:generic/vexed@1.0.0', subcomponents: [{ '@id': 'pkg:npm/left-leg@1.1.9' }] }],
        status,
        ...more,
      },
    ],
  })
  const upload = (body: object, as = 'ada') => registry.request('POST', '/v1/artifacts/ada/vexed/1.0.0/vex', { as, body })
  const refused = await upload(vex('not_affected'))
  expect([refused.statusCode, refused.json().code]).toEqual([400, 'scanning.vex_invalid'])
  expect((await upload(vex('fixed'), 'bob')).statusCode).toBe(403)
  const taken = await upload(vex('not_affected', { justification: 'vulnerable_code_not_in_execute_path' }))
  expect([taken.statusCode, taken.json()]).toEqual([201, { statements: 1, securityScore: 86 }])
  const again = await upload(vex('not_affected', { justification: 'vulnerable_code_not_in_execute_path' }))
  expect(again.json()).toEqual({ statements: 0, securityScore: 86 })
  const report = await registry.scanOf('ada/vexed/1.0.0')
  expect(report).toMatchObject({ cause: 'vex', securityScore: 86, riskLevel: 'medium', counts: { moderate: 1 } })
  expect(report.vulnerabilities[0]).toMatchObject({
    ...{
      id: 'CVE-2026-1',
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
      statedBy: 'Ada <ada@example.org>',
    },
  })
  const { items } = (await registry.request('GET', '/v1/artifacts/ada/vexed/1.0.0/vex')).json()
  expect(items).toMatchObject([
    { vulnerability: 'GHSA-aaaa-aaaa-aaaa', purl: 'pkg:npm/left-leg@1.1.9', author: 'Ada <ada@example.org>', uploadedBy: 'ada' },
  ])
})

test('R14.2 R5.4: malicious content is quarantined by its scan, which says why', async () => {
  await registry.publish('ada', 'ada/evil/1.0.0', { ...tree({}), 'package/malware': 'x' })
  await registry.settled()
  const fetched = await registry.request('GET', '/v1/artifacts/ada/evil/1.0.0')
  expect([fetched.statusCode, JSON.stringify(fetched.json().details)]).toEqual([403, expect.stringContaining('test/malware')])
  const report = await registry.scanOf('ada/evil/1.0.0')
  expect(report).toMatchObject({
    securityScore: 0,
    riskLevel: 'critical',
    malicious: true,
    findings: [{ rule: 'test/malware', confidence: 1, line: null }],
  })
  const events = await registry.sql<{ payload: object }>`select payload from outbox where name = 'scanning.malicious_content_found'`
  expect(events.map(({ payload }) => payload)).toMatchObject([{ name: 'evil', rules: ['test/malware'] }])
})

test('a namespace may do without scans, and its publishers still ask for one', async () => {
  await registry.request('PATCH', '/v1/namespaces/bob', { as: 'bob', body: { settings: { autoScanVulnerabilities: false } } })
  await registry.publish('bob', 'bob/quiet/1.0.0', tree({}))
  await registry.settled()
  expect((await registry.request('GET', '/v1/artifacts/bob/quiet/1.0.0/scan', { as: 'bob' })).json().code).toBe('scanning.scan_not_found')
  expect((await registry.request('POST', '/v1/artifacts/bob/quiet/1.0.0/scan', { as: 'bob' })).statusCode).toBe(202)
  await registry.settled()
  expect(await registry.scanOf('bob/quiet/1.0.0', 'bob')).toMatchObject({ status: 'completed', cause: 'requested' })
})

test('an analysis that fails is a failed scan with its reason, and the next one may succeed', async () => {
  registry.analyst.failure = new AnalysisFailed('timeout', 'the analysis took longer than 300 s')
  await registry.publish('ada', 'ada/slow/1.0.0', tree({ x: '1.0.0' }))
  await registry.settled()
  registry.analyst.failure = undefined
  expect(await registry.scanOf('ada/slow/1.0.0')).toMatchObject({
    status: 'failed',
    problem: 'timeout',
    securityScore: null,
  })
  // What it says may name paths and other systems.
  expect(await registry.scanOf('ada/slow/1.0.0', 'ada')).toMatchObject({ problem: 'the analysis took longer than 300 s' })
  await registry.request('POST', '/v1/artifacts/ada/slow/1.0.0/scan', { as: 'ada' })
  await registry.settled()
  expect(await registry.scanOf('ada/slow/1.0.0')).toMatchObject({
    status: 'completed',
    securityScore: 100,
    riskLevel: 'low',
    problem: null,
  })
})

test('R14.5: when advisories change, what has the package is told, and nothing is unpacked', async () => {
  const before = registry.analyst.seen.length
  expect(await registry.scanOf('ada/warm/1.0.0')).toMatchObject({ securityScore: 100 })
  await registry.take(advisory('GHSA-cccc-cccc-cccc', { name: 'app', fixed: '2.0.0', vector: critical }))
  await registry.settled()
  expect(await registry.scanOf('ada/warm/1.0.0')).toMatchObject({ cause: 'advisories', securityScore: 52, counts: { critical: 1 } })
  await registry.take(advisory('GHSA-cccc-cccc-cccc', { name: 'app', fixed: '1.0.0', vector: critical, modified: '2026-01-02T00:00:00Z' }))
  await registry.settled()
  expect(await registry.scanOf('ada/warm/1.0.0')).toMatchObject({ cause: 'advisories', securityScore: 100, vulnerabilities: [] })
  expect(registry.analyst.seen.length).toBe(before)
  expect(await registry.sql`select 1 from advisory_changes`).toEqual([])
})

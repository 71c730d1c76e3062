import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Repositories } from '../../../src/modules/artifacts/contract.ts'
import type { HeldPublication } from '../../../src/modules/metadata/publications.contract.ts'
import { AnalysisFailed } from '../../../src/modules/scanning/analysis/analysis-failed.ts'
import type { AnalysisInput } from '../../../src/modules/scanning/analysis/analysis-input.ts'
import type { AnalysisReport } from '../../../src/modules/scanning/analysis.contract.ts'
import { contentKey } from '../../../src/modules/scanning/content-key.ts'
import { unreadOf } from '../../../src/modules/scanning/unread-content.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { advisory, LiteralAnalyst, openScanning, type ScanningRegistry, tarOf } from './open-scanning.ts'

/** With a verdict or gaps that a test wants. */
class TunedAnalyst extends LiteralAnalyst {
  report: Partial<AnalysisReport> = {}
  failures = 0

  override async analyse(input: AnalysisInput): Promise<AnalysisReport> {
    if (this.failures-- > 0) throw new AnalysisFailed('unreadable', 'a blob could not be read: /srv/blobs/ab: EIO')
    return { ...(await super.analyse(input)), ...this.report }
  }
}

let registry: ScanningRegistry
let ada: Principal
const analyst = new TunedAnalyst()

beforeAll(async () => {
  registry = await openScanning({ gate: 'hold' }, { analyst })
  await registry.user('ada')
  await registry.request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'public' } })
  const [row] = await registry.sql<{ id: string }>`select id from accounts where name = 'ada'`
  ada = { userId: row?.id ?? '', username: 'ada', isAdmin: false, scopes: new Set(['read', 'publish', 'admin'] as const) }
})
afterAll(() => registry?.[Symbol.asyncDispose]())

const statusOf = async (path: string) => (await registry.request('GET', `/v1/artifacts/${path}`)).statusCode
const publish = async (path: string, files: Readonly<Record<string, string | object>> = {}) => {
  const digest = await registry.publish('ada', path, { 'package/package.json': { name: path }, ...files })
  await registry.settled()
  return digest
}

test('fail-closed: content that was not read, or is suspicious, was let go by the gate', async () => {
  analyst.report = { gaps: ['lib/x.rar: rar is not unpacked'] }
  await publish('ada/unread/1.0.0')
  analyst.report = { verdict: { level: 'suspicious', confidence: 0.5 } }
  await publish('ada/odd/1.0.0')
  analyst.report = { notes: ['secret/token: 3 further sightings left out'] }
  await publish('ada/fine/1.0.0')
  analyst.report = {}
  expect([await statusOf('ada/unread/1.0.0'), await statusOf('ada/odd/1.0.0'), await statusOf('ada/fine/1.0.0')]).toEqual([404, 404, 200])
  expect(await registry.scanOf('ada/unread/1.0.0', 'ada')).toMatchObject({ status: 'completed', gaps: ['lib/x.rar: rar is not unpacked'] })
})

const holdOf = async (name: string) => {
  const { items } = (await registry.request('GET', `/v1/artifacts/ada/${name}/-/held`, { as: 'ada' })).json<{ items: HeldPublication[] }>()
  return items.map(({ holds }) => holds.map(({ reason }) => reason).join())
}

test('what a scan held waited for its scan for ever, and nobody could let it go', async () => {
  expect(await holdOf('unread')).toEqual(['its scan could not read all of it: lib/x.rar: rar is not unpacked'])
  expect(await holdOf('odd')).toEqual(['its scan found something suspicious'])
  expect(await registry.scanOf('ada/odd/1.0.0', 'ada')).toMatchObject({ verdict: 'suspicious', malicious: false })
  const approve = async (as: string, path = 'ada/odd/1.0.0') => {
    const answer = await registry.request('POST', `/v1/artifacts/${path}/scan/approval`, { as, body: { reason: 'read by hand' } })
    return [answer.statusCode, answer.json<{ code?: string }>().code]
  }
  await registry.user('carl')
  const member = await registry.request('PUT', '/v1/namespaces/ada/members/carl', { as: 'ada', body: { role: 'write' } })
  expect([member.statusCode, (await approve('carl'))[0], (await approve('ada'))[0]]).toEqual([200, 403, 403])
  expect(await statusOf('ada/odd/1.0.0')).toBe(404)
  expect(await approve('admin')).toEqual([200, undefined])
  expect([await statusOf('ada/odd/1.0.0'), await statusOf('ada/unread/1.0.0'), await holdOf('odd')]).toEqual([200, 404, []])
  expect(await approve('admin')).toEqual([409, 'scanning.approval_refused'])
  const audited = await registry.sql`select after from audit_log where action = 'scan.approved'`
  expect(audited).toMatchObject([{ after: { reason: 'read by hand', objection: 'its scan found something suspicious' } }])
  analyst.failures = 1
  await publish('ada/worse/1.0.0', { malware: 'x' })
  expect((await approve('admin', 'ada/worse/1.0.0'))[0]).toBe(409)
  expect(await statusOf('ada/worse/1.0.0')).not.toBe(200)
})

test('what counts as not read: every gap, whatever it reads like, and what is encrypted', () => {
  const gaps = ['12 further findings left out', 'a: too large to be catalogued']
  expect(unreadOf([{ gaps, hasEncrypted: true }])).toEqual([...gaps, 'an encrypted entry'])
})

test('R14.2: a blob that could not be read for a moment kept a first publish held for good', async () => {
  analyst.failures = 1
  await publish('ada/retried/1.0.0')
  expect(await statusOf('ada/retried/1.0.0')).toBe(200)
  const scans =
    await registry.sql`select s.status from scans s join artifacts a on a.id = s.artifact_id where a.name = 'retried' order by s.id`
  expect(scans).toEqual([{ status: 'failed' }, { status: 'completed' }])
})

test('a scan that was asked for once is told once, also when it is delivered twice', async () => {
  await publish('ada/twice/1.0.0')
  const answer = await registry.request('POST', '/v1/artifacts/ada/twice/1.0.0/scan', { as: 'ada' })
  await registry.settled()
  const { scanId } = answer.json<{ scanId: string }>()
  const [subject] = await registry.sql<{ artifactId: string; manifestDigest: string }>`
    select artifact_id as "artifactId", manifest_digest as "manifestDigest" from scans where id = ${scanId}`
  if (subject) await registry.work.scan(subject, { cause: 'requested', scanId }, AbortSignal.timeout(5_000))
  expect(await registry.sql`select 1 from outbox where name = 'scanning.scan_completed' and payload ->> 'scanId' = ${scanId}`).toHaveLength(
    1,
  )
})

test('a report belongs to a kind and a name: the same bytes pushed as another kind were clean for all', () => {
  const of = (kind: AnalysisInput['kind'], name: string, modelFormat?: string) =>
    contentKey('sha256:ab', { kind, metadata: { name, version: '1', ...(modelFormat !== undefined && { modelFormat }) } })
  expect(
    new Set([of('npm', 'a'), of('generic', 'a'), of('npm', 'b'), of('model', 'a'), of('model', 'a', 'onnx'), of('oci', 'a')]).size,
  ).toBe(6)
  expect(of('oci', 'a')).toBe(of('oci', 'b'))
})

const ref = { namespace: 'ada', name: 'image', format: 'oci' } as const
const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const repositories = () => registry.kernel.resolve(Repositories)
const blob = async (bytes: Buffer, mediaType: string) => {
  await repositories().pushBlob(ada, ref, { body: Readable.from([bytes]), digest: sha256(bytes), sizeBytes: bytes.length })
  return { mediaType, digest: sha256(bytes), size: bytes.length }
}
const push = async (document: object, tags: readonly string[]) => {
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const content = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...document }))
  const { digest } = await repositories().pushManifest(ada, ref, { mediaType, content, tags })
  return { mediaType, digest, size: content.length }
}
const config = () => blob(Buffer.from('{}'), 'application/vnd.oci.image.config.v1+json')
const pulled = (tag: string) =>
  repositories()
    .manifest(ada, ref, tag)
    .then(
      () => 'there',
      () => 'refused',
    )

test('R14.2: an SBOM with malware beside it took the place of what was found in it, and let go what was never unpacked', async () => {
  const layers = [await blob(await tarOf({ malware: 'x' }), 'application/vnd.oci.image.layer.v1.tar+gzip')]
  const evil = await push({ config: await config(), layers }, ['evil'])
  const bom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    components: [{ type: 'library', name: 'x', version: '1', purl: 'pkg:npm/x@1' }],
  }
  const list = await blob(Buffer.from(JSON.stringify(bom)), 'application/vnd.cyclonedx+json')
  await push({ config: await config(), subject: evil, layers: [...layers, list] }, [])
  await registry.settled()
  const kept = await registry.sql<{ origin: string }>`
    select distinct o.origin, s.role from scan_subject_contents s join scan_contents o on o.key = s.content_key
    where s.manifest_digest = ${evil.digest} order by o.origin`
  expect(kept).toEqual([
    { origin: 'analysis', role: 'content' },
    { origin: 'attached', role: 'attached' },
  ])
  expect(await pulled('evil')).toBe('refused')
  expect(await registry.scanOf(`ada/image/${evil.digest}`, 'ada')).toMatchObject({ malicious: true })
})

test('a quarantine of an index was lifted, and that of its images stayed', async () => {
  const layers = [await blob(await tarOf({ 'opt/malware': 'y' }), 'application/vnd.oci.image.layer.v1.tar+gzip')]
  const child = await push({ config: await config(), layers }, [])
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const content = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: [child] }))
  const { digest } = await repositories().pushManifest(ada, ref, { mediaType, content, tags: ['index'] })
  await registry.settled()
  expect([await pulled(digest), await pulled(child.digest)]).toEqual(['refused', 'refused'])
  // By rules that know better.
  await registry.sql`update scan_contents set analysed_by = 'older' where digest = ${child.digest}`
  analyst.report = { verdict: { level: 'clean', confidence: 0 }, findings: [] }
  const [row] = await registry.sql<{
    artifactId: string
  }>`select artifact_id as "artifactId" from scan_subjects where manifest_digest = ${digest}`
  const subject = { artifactId: row?.artifactId ?? '', manifestDigest: digest }
  await registry.work.scan(subject, { cause: 'requested' }, AbortSignal.timeout(5_000))
  analyst.report = {}
  expect([await pulled(digest), await pulled(child.digest), await pulled('index')]).toEqual(['there', 'there', 'there'])
})

test('an image that was pushed by digest alone was never scanned', async () => {
  const layer = async (files: Readonly<Record<string, string>>) => blob(await tarOf(files), 'application/vnd.oci.image.layer.v1.tar+gzip')
  const evil = await push({ config: await config(), layers: [await layer({ malware: 'nameless' })] }, [])
  const child = await push({ config: await config(), layers: [await layer({ 'etc/motd': 'a platform' })] }, [])
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: [child] }))
  const { digest } = await repositories().pushManifest(ada, ref, { mediaType, content: index, tags: [] })
  const note = await blob(Buffer.from('signed'), 'application/vnd.dev.cosign.simplesigning.v1+json')
  const signature = await push({ config: { ...note, mediaType: 'application/vnd.example+json' }, layers: [note], subject: child }, [])
  await registry.settled()
  const scan = () => registry.work.scanNameless(AbortSignal.timeout(10_000))
  // Its name may be on its way.
  expect([await scan(), await pulled(evil.digest)]).toEqual([0, 'there'])
  await registry.sql`update manifests set touched_at = now() - interval '5 minutes'
    where 'sha256:' || digest = any(${[evil.digest, digest, child.digest, signature.digest]}::text[])`
  expect([await scan(), await scan()]).toEqual([2, 0])
  expect([await pulled(evil.digest), await pulled(digest), await pulled(child.digest)]).toEqual(['refused', 'there', 'there'])
  const scans = await registry.sql<{ digest: string }>`select manifest_digest as digest from scans
    where manifest_digest = any(${[digest, child.digest, signature.digest]}::text[])`
  expect(scans).toEqual([{ digest }])
})

test('a tag that only begins like that of a signature is scanned', async () => {
  const layers = [await blob(await tarOf({ 'etc/motd': 'x' }), 'application/vnd.oci.image.layer.v1.tar+gzip')]
  const { digest } = await push({ config: await config(), layers }, ['sha256-0latest'])
  await registry.settled()
  expect(await registry.scanOf(`ada/image/${digest}`, 'ada')).toMatchObject({ status: 'completed' })
})

test('a tool under the tag of a signature is scanned, whatever subject it names, and a list of packages beside its subject is not', async () => {
  const tool = await blob(await tarOf({ 'bin/tool': 'x' }), 'application/vnd.acme.tool.v1.tar+gzip')
  const bom = await blob(Buffer.from('{}'), 'application/vnd.cyclonedx+json')
  const image = await push({ config: await config(), layers: [tool] }, [])
  const empty = await blob(Buffer.from('{}'), 'application/vnd.oci.empty.v1+json')
  const absent = { ...image, digest: `sha256:${'0'.repeat(64)}` }
  const scanned = async (document: object, letter: string) => {
    const { digest } = await push({ config: empty, ...document }, [`sha256-${letter.repeat(64)}.tool`])
    await registry.settled()
    const [row] = await registry.sql`select 1 from scans where manifest_digest = ${digest}`
    return row !== undefined
  }
  expect(await scanned({ layers: [tool], subject: image }, 'a')).toBe(true)
  expect(await scanned({ layers: [tool], subject: absent, artifactType: 'application/vnd.cyclonedx+json' }, 'b')).toBe(true)
  expect(await scanned({ layers: [bom], subject: image }, 'c')).toBe(false)
})

test('R14.2: a known malicious package is quarantined until the advisory is withdrawn, and what contains it is not', async () => {
  const npm = async (name: string, files: Readonly<Record<string, object>> = {}) => {
    const body = await tarOf({ 'package/package.json': { name: `@ada/${name}`, version: '1.0.0' }, ...files })
    const headers = { 'x-artifact-type': 'module-node' }
    expect((await registry.request('POST', `/v1/artifacts/ada/${name}/1.0.0`, { as: 'ada', body, headers })).statusCode).toBeLessThan(300)
  }
  await npm('bad')
  await npm('user', { 'package/node_modules/@ada/bad/package.json': { name: '@ada/bad', version: '1.0.0' } })
  await registry.settled()
  const statuses = async () => [await statusOf('ada/bad/1.0.0?format=npm'), await statusOf('ada/user/1.0.0?format=npm')]
  expect(await statuses()).toEqual([200, 200])
  await registry.take(advisory('MAL-2026-1', { name: '@ada/bad', introduced: '0' }))
  await registry.settled()
  expect(await statuses()).toEqual([403, 200])
  expect(await registry.scanOf('ada/user/1.0.0', 'ada')).toMatchObject({ malicious: false, vulnerabilities: [{ id: 'MAL-2026-1' }] })
  await registry.take(advisory('MAL-2026-1', { name: '@ada/bad', modified: '2026-02-01T00:00:00Z', withdrawn: '2026-02-01T00:00:00Z' }))
  await registry.settled()
  expect(await statuses()).toEqual([200, 200])
})

test('P5: names of vulnerabilities that only hidden artifacts have told of them', async () => {
  await registry.user('bob')
  const manifestDigest = await registry.publish('bob', 'bob/hidden/1.0.0', { 'package/package.json': { name: 'hidden' } })
  await registry.settled()
  await registry.sql`
    insert into scan_vulnerabilities (artifact_id, manifest_digest, vulnerability, purl, ids, severity, score, title, description, package, version,
      urls, scanners, status)
    select id, ${manifestDigest}, 'ONLY-HERE-1', 'pkg:npm/x@1', '{ONLY-HERE-1}', 'low', 2, '', '', 'x', '1', '{}', '{other}', 'affected'
    from artifacts where name = 'hidden'`
  const asked = async (as?: string) => {
    const answer = await registry.request('GET', '/v1/advisories/ONLY-HERE-1/affected', { ...(as !== undefined && { as }) })
    return [answer.statusCode, answer.json<{ items?: unknown[] }>().items?.length]
  }
  expect([await asked(), await asked('ada'), await asked('bob')]).toEqual([
    [404, undefined],
    [404, undefined],
    [200, 1],
  ])
})

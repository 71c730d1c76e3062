import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Repositories } from '../../../src/modules/artifacts/contract.ts'
import { AnalysisFailed } from '../../../src/modules/scanning/analysis/analysis-failed.ts'
import { anonymous, type Principal } from '../../../src/shared/kernel/principal.ts'
import { advisory, critical, moderate, openScanning, type ScanningRegistry, tarOf } from './open-scanning.ts'

let registry: ScanningRegistry

beforeAll(async () => {
  registry = await openScanning({ gate: 'hold', blockSeverity: 'high' })
  for (const name of ['ada', 'bob']) await registry.user(name)
  await registry.request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'public' } })
  await registry.take(
    advisory('GHSA-aaaa-aaaa-aaaa', { name: 'left-leg', fixed: '1.2.0', vector: critical }),
    advisory('GHSA-bbbb-bbbb-bbbb', { name: 'right-arm', fixed: '1.2.0', vector: moderate }),
  )
})
afterAll(() => registry?.[Symbol.asyncDispose]())

const statusOf = async (path: string, as?: string) =>
  (await registry.request('GET', `/v1/artifacts/${path}`, { ...(as && { as }) })).statusCode
const content = (name: string, packages: Readonly<Record<string, string>> = {}) => ({
  'package/package.json': { name, version: '1.0.0' },
  ...Object.fromEntries(
    Object.entries(packages).map(([dep, version]) => [`package/node_modules/${dep}/package.json`, { name: dep, version }]),
  ),
})

test('design.md §5 decision 4: a publication waits for a clean scan, and is there after it', async () => {
  await registry.publish('ada', 'ada/clean/1.0.0', content('clean', { 'right-arm': '1.0.0' }))
  expect(await statusOf('ada/clean/1.0.0')).not.toBe(200)
  await registry.settled()
  expect(await statusOf('ada/clean/1.0.0')).toBe(200)
  expect(await registry.scanOf('ada/clean/1.0.0')).toMatchObject({ status: 'completed', counts: { moderate: 1 } })
})

test('R14.2: malicious content never gets its name', async () => {
  await registry.publish('ada', 'ada/evil/1.0.0', { ...content('evil'), 'package/malware': 'x' })
  await registry.settled()
  expect(await statusOf('ada/evil/1.0.0')).not.toBe(200)
  expect(await statusOf('ada/evil/1.0.0', 'bob')).not.toBe(200)
  expect(await registry.scanOf('ada/evil/1.0.0', 'ada')).toMatchObject({ malicious: true, securityScore: 0 })
})

test('what is as grave as the setting stays held, until a statement of the publisher or an advisory says otherwise', async () => {
  await registry.publish('ada', 'ada/grave/1.0.0', content('grave', { 'left-leg': '1.0.0' }))
  await registry.settled()
  expect(await statusOf('ada/grave/1.0.0')).not.toBe(200)
  const statement = { vulnerability: { name: 'GHSA-aaaa-aaaa-aaaa' }, status: 'not_affected', justification: 'component_not_present' }
  const vex = { '@context': 'https://openvex.dev/ns/v0.2.0', author: 'Ada', timestamp: '2026-02-01T00:00:00Z', statements: [statement] }
  const answer = await registry.request('POST', '/v1/artifacts/ada/grave/1.0.0/vex', { as: 'ada', body: vex })
  expect(answer.statusCode, answer.body).toBe(201)
  expect(await statusOf('ada/grave/1.0.0')).toBe(200)

  await registry.publish('ada', 'ada/later/1.0.0', content('later', { 'left-leg': '1.1.0' }))
  await registry.settled()
  expect(await statusOf('ada/later/1.0.0')).not.toBe(200)
  await registry.take(
    advisory('GHSA-aaaa-aaaa-aaaa', { name: 'left-leg', fixed: '1.1.0', vector: critical, modified: '2026-03-01T00:00:00Z' }),
  )
  await registry.settled()
  expect(await statusOf('ada/later/1.0.0')).toBe(200)
})

test('fail-closed: what could not be scanned stays held, and a scan that is asked for lets it go', async () => {
  registry.analyst.failure = new AnalysisFailed('crashed', 'the analysis ended with signal SIGKILL')
  await registry.publish('ada', 'ada/crashed/1.0.0', content('crashed'))
  await registry.settled()
  registry.analyst.failure = undefined
  expect(await statusOf('ada/crashed/1.0.0')).not.toBe(200)
  expect(await registry.scanOf('ada/crashed/1.0.0', 'ada')).toMatchObject({
    status: 'failed',
    problem: 'the analysis ended with signal SIGKILL',
  })
  const held = await registry.request('GET', '/v1/artifacts/ada/crashed/-/held', { as: 'ada' })
  expect(held.json()).toMatchObject({ items: [{ holds: [{ reason: 'its scan failed (crashed); publishers may ask for another one' }] }] })
  expect((await registry.request('POST', '/v1/artifacts/ada/crashed/1.0.0/scan', { as: 'ada' })).statusCode).toBe(202)
  await registry.settled()
  expect(await statusOf('ada/crashed/1.0.0')).toBe(200)
})

test('the gate of the registry stands also where a namespace does without scans', async () => {
  await registry.request('PATCH', '/v1/namespaces/bob', { as: 'bob', body: { settings: { autoScanVulnerabilities: false } } })
  await registry.publish('bob', 'bob/quiet/1.0.0', content('quiet'))
  await registry.settled()
  expect(await statusOf('bob/quiet/1.0.0', 'bob')).toBe(200)
  expect(await registry.scanOf('bob/quiet/1.0.0', 'bob')).toMatchObject({ status: 'completed' })
})

test('fail-closed: what a publisher says about content lets nothing go that was not looked at', async () => {
  registry.analyst.failure = new AnalysisFailed('timeout', 'not done after 300000 ms')
  await registry.publish('ada', 'ada/unseen/1.0.0', { ...content('unseen', { 'right-arm': '1.0.0' }), 'package/malware': 'x' })
  await registry.settled()
  const statement = { vulnerability: { name: 'GHSA-bbbb-bbbb-bbbb' }, status: 'fixed' }
  const vex = { '@context': 'https://openvex.dev/ns/v0.2.0', author: 'Ada', timestamp: '2026-02-01T00:00:00Z', statements: [statement] }
  const answer = await registry.request('POST', '/v1/artifacts/ada/unseen/1.0.0/vex', { as: 'ada', body: vex })
  expect([answer.statusCode, answer.json()]).toEqual([201, { statements: 1, securityScore: null }])
  expect(await statusOf('ada/unseen/1.0.0')).not.toBe(200)
  const [row] = await registry.sql<{ id: string; digest: string }>`
    select a.id, v.manifest_digest as digest from versions v join artifacts a on a.id = v.artifact_id where a.name = 'unseen'`
  await registry.work.reevaluate(AbortSignal.timeout(5_000))
  registry.analyst.failure = undefined
  const subject = { artifactId: row?.id ?? '', manifestDigest: row?.digest ?? '' }
  await Promise.all([1, 2, 3].map(() => registry.work.scan(subject, { cause: 'requested' }, AbortSignal.timeout(10_000))))
  expect(await registry.scanOf('ada/unseen/1.0.0', 'ada')).toMatchObject({
    malicious: true,
    components: 2,
    findings: [{ rule: 'test/malware' }],
  })
  expect(await statusOf('ada/unseen/1.0.0')).not.toBe(200)
  const told = await registry.sql`select 1 from outbox where name = 'scanning.malicious_content_found' and payload ->> 'name' = 'unseen'`
  expect(told).toHaveLength(1)
})

test('design.md §5 decision 4: a plain tag of an image points nowhere before the scan, and an index is gone with one malicious image', async () => {
  const repositories = registry.kernel.resolve(Repositories)
  const [row] = await registry.sql<{ id: string }>`select id from accounts where name = 'ada'`
  const ada: Principal = { userId: row?.id ?? '', username: 'ada', isAdmin: false, scopes: new Set(['read', 'publish', 'admin']) }
  const ref = { namespace: 'ada', name: 'image', format: 'oci' } as const
  const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  const blob = async (bytes: Buffer, mediaType: string) => {
    await repositories.pushBlob(ada, ref, { body: Readable.from([bytes]), digest: sha256(bytes), sizeBytes: bytes.length })
    return { mediaType, digest: sha256(bytes), size: bytes.length }
  }
  const push = async (document: { readonly mediaType: string }, tags: readonly string[]) => {
    const content = Buffer.from(JSON.stringify({ schemaVersion: 2, ...document }))
    const { digest } = await repositories.pushManifest(ada, ref, { mediaType: document.mediaType, content, tags })
    return { mediaType: document.mediaType, digest, size: content.length }
  }
  const image = async (files: Readonly<Record<string, string>>, tags: readonly string[]) => {
    const config = await blob(Buffer.from('{}'), 'application/vnd.oci.image.config.v1+json')
    const layers = [await blob(await tarOf(files), 'application/vnd.oci.image.layer.v1.tar+gzip')]
    return push({ mediaType: 'application/vnd.oci.image.manifest.v1+json', config, layers } as never, tags)
  }
  const pulled = (reference: string) =>
    repositories.manifest(anonymous, ref, reference).then(
      ({ digest }) => digest,
      () => 'refused',
    )
  const good = await image({ 'etc/motd': 'good' }, ['good'])
  expect(await pulled('good')).toBe('refused')
  await registry.settled()
  expect(await pulled('good')).toBe(good.digest)
  const evil = await image({ malware: 'x' }, [])
  await push({ mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [good, evil] } as never, ['both'])
  await registry.settled()
  expect([await pulled('both'), await pulled(evil.digest), await pulled('good')]).toEqual(['refused', 'refused', good.digest])
})

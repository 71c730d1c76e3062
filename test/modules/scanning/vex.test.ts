import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Repositories } from '../../../src/modules/artifacts/contract.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { advisory, critical, openScanning, type ScanningRegistry, tarOf } from './open-scanning.ts'

let registry: ScanningRegistry
let ada: Principal

beforeAll(async () => {
  registry = await openScanning()
  await registry.user('ada')
  const [row] = await registry.sql<{ id: string }>`select id from accounts where name = 'ada'`
  ada = { userId: row?.id ?? '', username: 'ada', isAdmin: false, scopes: new Set(['read', 'publish', 'admin'] as const) }
  await registry.take(advisory('GHSA-aaaa-aaaa-aaaa', { name: 'left-leg', fixed: '1.2.0', vector: critical }))
})
afterAll(() => registry?.[Symbol.asyncDispose]())

const vexOf = (product: string, status: object = { status: 'fixed' }) => ({
  ...{ '@context': 'https://openvex.dev/ns/v0.2.0', author: 'Ada', timestamp: '2026-02-01T00:00:00Z' },
  statements: [
    {
      vulnerability: { name: 'GHSA-aaaa-aaaa-aaaa' },
      products: [{ '@id': product, subcomponents: [{ '@id': 'pkg:npm/left-leg' }] }],
      ...status,
    },
  ],
})
const files = { 'package/node_modules/left-leg/package.json': { name: 'left-leg', version: '1.0.0' } }

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
const image = async (tag: string) => {
  const layers = [await blob(await tarOf({ ...files, tag }), 'application/vnd.oci.image.layer.v1.tar+gzip')]
  return push({ config: await blob(Buffer.from('{}'), 'application/vnd.oci.image.config.v1+json'), layers }, [tag])
}
const attach = async (subject: object, document: object) => {
  const layers = [await blob(Buffer.from(JSON.stringify(document)), 'application/vnd.openvex+json')]
  const config = await blob(Buffer.from('{}'), 'application/vnd.oci.empty.v1+json')
  await push({ artifactType: 'application/vnd.openvex+json', subject, config, layers }, [])
  await registry.settled()
}
const stateOf = async (reference: string, name = 'image') =>
  (await registry.scanOf(`ada/${name}/${reference}`, 'ada')).vulnerabilities.map(({ status }: { status: string }) => status)

test('VEX that names the artifact by its version was refused when it came for its tag or its digest', async () => {
  const digest = await registry.publish('ada', 'ada/widget/1.0.0', files)
  await registry.settled()
  for (const [at, status] of ['latest', digest, '1.0.0'].entries()) {
    const body = { ...vexOf('pkg:generic/ada/widget@1.0.0'), version: at }
    const answer = await registry.request('POST', `/v1/artifacts/ada/widget/${status}/vex`, { as: 'ada', body })
    expect([status, answer.statusCode, answer.json()], answer.body).toMatchObject([status, 201, { statements: 1 }])
  }
  expect(await stateOf('1.0.0', 'widget')).toEqual(['fixed'])
})

test('VEX that names the image by its tag was lost when it came as a referrer', async () => {
  const subject = await image('1.4')
  await registry.settled()
  await attach(subject, vexOf('pkg:oci/image@1.5'))
  expect(await stateOf('1.4')).toEqual(['affected'])
  await attach(subject, vexOf('pkg:oci/image@1.4'))
  expect(await stateOf('1.4')).toEqual(['fixed'])
})

test('referrers brought statements without a limit, of which the oldest were read', async () => {
  const subject = await image('2.0')
  await registry.settled()
  const statement = { status: 'fixed', timestamp: '2026-01-01T00:00:00Z' }
  const many = Array.from({ length: 9_999 }, (_, at) => ({ ...statement, vulnerability: { name: `CVE-1999-${at}` } }))
  await attach(subject, { ...vexOf('pkg:oci/image'), statements: many })
  await attach(subject, { ...vexOf('pkg:oci/image'), statements: many.slice(0, 2) })
  const count = async () =>
    (
      await registry.sql<{ count: number }>`select count(*)::integer as count from vex_statements where manifest_digest = ${subject.digest}`
    )[0]?.count
  expect(await count()).toBe(9_999)
  await attach(subject, vexOf('pkg:oci/image'))
  expect([await count(), await stateOf('2.0')]).toEqual([10_000, ['fixed']])
  // From the time when there was no limit.
  await registry.sql`insert into vex_statements (id, artifact_id, manifest_digest, document_digest, place, vulnerability, status, author, stated_at)
    select ('00000000-0000-4000-8000-' || lpad(at::text, 12, '0'))::uuid, artifact_id, manifest_digest, 'older', at, 'CVE-1998-1', 'fixed', 'x', now() from vex_statements, generate_series(1, 10) as at
    where manifest_digest = ${subject.digest} and vulnerability = 'GHSA-aaaa-aaaa-aaaa'`
  await registry.take(advisory('GHSA-bbbb-bbbb-bbbb', { name: 'left-leg', fixed: '1.1.0', vector: critical }))
  await registry.settled()
  expect((await stateOf('2.0')).sort()).toEqual(['affected', 'fixed'])
})

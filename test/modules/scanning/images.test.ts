import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Repositories } from '../../../src/modules/artifacts/contract.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { advisory, critical, moderate, openScanning, type ScanningRegistry, tarOf } from './open-scanning.ts'

const imageType = 'application/vnd.oci.image.manifest.v1+json'
const indexType = 'application/vnd.oci.image.index.v1+json'
const configType = 'application/vnd.oci.image.config.v1+json'
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip'
const sha256 = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const ref = { namespace: 'ada', name: 'image', format: 'oci' } as const

let registry: ScanningRegistry
let ada: Principal

beforeAll(async () => {
  registry = await openScanning({}, { analyst: 'isolated' })
  await registry.user('ada')
  const [row] = await registry.sql<{ id: string }>`select id from accounts where name = 'ada'`
  ada = { userId: row?.id ?? '', username: 'ada', isAdmin: false, scopes: new Set(['read', 'publish', 'admin'] as const) }
  await registry.take(
    advisory('DSA-1', { ecosystem: 'Debian:12', name: 'openssl', fixed: '3.0.15-1~deb12u2', vector: critical, aliases: ['CVE-2026-10'] }),
    advisory('ALPINE-1', { ecosystem: 'Alpine:v3.20', name: 'busybox', fixed: '1.36.1-r30', vector: moderate, aliases: ['CVE-2026-11'] }),
    advisory('GHSA-dddd-dddd-dddd', { name: 'left-leg', fixed: '1.2.0', vector: critical, aliases: ['CVE-2026-12'] }),
  )
})
afterAll(() => registry?.[Symbol.asyncDispose]())

const repositories = () => registry.kernel.resolve(Repositories)
const blob = async (bytes: Buffer, mediaType: string) => {
  await repositories().pushBlob(ada, ref, { body: Readable.from([bytes]), digest: sha256(bytes), sizeBytes: bytes.length })
  return { mediaType, digest: sha256(bytes), size: bytes.length }
}
const push = async (
  document: object,
  mediaType: string,
  tags: readonly string[] = [],
): Promise<{ mediaType: string; digest: string; size: number }> => {
  const content = Buffer.from(JSON.stringify(document))
  const { digest } = await repositories().pushManifest(ada, ref, { mediaType, content, tags })
  return { mediaType, digest, size: content.length }
}
const image = async (layers: readonly Readonly<Record<string, string | object>>[], tags: readonly string[] = []) => {
  const packed = await Promise.all(layers.map(async (files) => blob(await tarOf(files), layerType)))
  return push(
    { schemaVersion: 2, mediaType: imageType, config: await blob(Buffer.from('{}'), configType), layers: packed },
    imageType,
    tags,
  )
}
const attach = async (subject: object, artifactType: string, document: object) =>
  push(
    {
      schemaVersion: 2,
      mediaType: imageType,
      artifactType,
      subject,
      config: await blob(Buffer.from('{}'), 'application/vnd.oci.empty.v1+json'),
      layers: [await blob(Buffer.from(JSON.stringify(document)), artifactType)],
    },
    imageType,
  )
const scanOf = (reference: string) => registry.scanOf(`ada/image/${reference}`, 'ada')
const found = (report: { vulnerabilities: { id: string; affectedPackage: string; status: string }[] }) =>
  report.vulnerabilities.map(({ id, affectedPackage, status }) => `${id} ${affectedPackage} ${status}`).sort()

const debian = {
  'etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
  'var/lib/dpkg/status': 'Package: libssl3\nStatus: install ok installed\nSource: openssl\nVersion: 3.0.15-1~deb12u1\n',
}
const alpine = { 'etc/os-release': 'ID=alpine\nVERSION_ID=3.20.3\n', 'lib/apk/db/installed': 'P:busybox\nV:1.36.1-r29\no:busybox\n' }

test('R14.1 D-36: an image is unpacked in a process of its own, layer over layer, and its packages are matched', async () => {
  await image(
    [
      debian,
      { 'srv/app/package-lock.json': { lockfileVersion: 3, packages: { 'node_modules/left-leg': { version: '1.0.0' } } } },
      { 'srv/app/.wh.package-lock.json': '' },
    ],
    ['plain'],
  )
  await registry.settled()
  const report = await scanOf('plain')
  expect(report).toMatchObject({ status: 'completed', cause: 'published', components: 1, counts: { critical: 1 } })
  expect(found(report)).toEqual(['CVE-2026-10 libssl3 affected'])
  expect(report.vulnerabilities[0]).toMatchObject({
    fixedVersion: '3.0.15-1~deb12u2',
    purl: 'pkg:deb/debian/libssl3@3.0.15-1~deb12u1?distro=debian-12',
  })
})

test('whoever pulls an image is told of its vulnerabilities', async () => {
  const warnings = async (tag: string) => (await repositories().manifest(ada, ref, tag)).warnings
  expect(await warnings('plain')).toEqual(['1 vulnerability (1 critical)'])
  await image([{ 'etc/motd': 'hello' }], ['clean'])
  await registry.settled()
  expect(await warnings('clean')).toEqual([])
})

test('an index stands for the images of its platforms', async () => {
  const platforms = [
    { ...(await image([debian])), platform: { os: 'linux', architecture: 'amd64' } },
    { ...(await image([alpine])), platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
  ]
  await push({ schemaVersion: 2, mediaType: indexType, manifests: platforms }, indexType, ['multi'])
  await registry.settled()
  expect(found(await scanOf('multi'))).toEqual(['CVE-2026-10 libssl3 affected', 'CVE-2026-11 busybox affected'])
  const rows = await registry.sql<{
    platform: string
  }>`select platform from scan_subject_contents where platform is not null order by platform`
  expect(rows.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64/v8'])
})

test('what is attached counts: packages of an SBOM, statements of a VEX document', async () => {
  const subject = await image([alpine], ['attached'])
  await registry.settled()
  expect(found(await scanOf('attached'))).toEqual(['CVE-2026-11 busybox affected'])
  const sbom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    components: [{ type: 'library', name: 'left-leg', version: '1.1.0', purl: 'pkg:npm/left-leg@1.1.0' }],
  }
  await attach(subject, 'application/vnd.cyclonedx+json', sbom)
  await registry.settled()
  expect(await scanOf('attached')).toMatchObject({ cause: 'sbom' })
  expect(found(await scanOf('attached'))).toEqual(['CVE-2026-11 busybox affected', 'CVE-2026-12 left-leg affected'])
  const spdx = {
    spdxVersion: 'SPDX-2.3',
    packages: [
      {
        name: 'libssl3',
        externalRefs: [
          {
            referenceType: 'purl',
            referenceLocator: 'pkg:deb/debian/libssl3@3.0.15-1~deb12u1?arch=amd64&distro=debian-12&upstream=openssl',
          },
        ],
      },
    ],
  }
  const statement = { _type: 'https://in-toto.io/Statement/v1', predicateType: 'https://spdx.dev/Document', predicate: spdx }
  await attach(subject, 'application/vnd.dsse.envelope.v1+json', {
    payloadType: 'application/vnd.in-toto+json',
    payload: Buffer.from(JSON.stringify(statement)).toString('base64'),
    signatures: [],
  })
  const vex = {
    '@context': 'https://openvex.dev/ns/v0.2.0',
    author: 'Vendor',
    timestamp: '2026-01-01T00:00:00Z',
    statements: [
      {
        vulnerability: { name: 'CVE-2026-12' },
        products: [{ '@id': 'pkg:npm/left-leg@1.1.0' }],
        status: 'not_affected',
        impact_statement: 'never called',
      },
    ],
  }
  await attach(subject, 'application/vnd.openvex+json', vex)
  await registry.settled()
  expect(found(await scanOf('attached'))).toEqual([
    'CVE-2026-10 libssl3 affected',
    'CVE-2026-11 busybox affected',
    'CVE-2026-12 left-leg not_affected',
  ])
  await attach(subject, 'application/vnd.openvex+json', { nonsense: true })
  await registry.settled()
  expect(await scanOf('attached')).toMatchObject({ status: 'completed', gaps: [] })
  await attach(subject, 'application/vnd.cyclonedx+json', { bomFormat: 'none' })
  await registry.settled()
  expect(await scanOf('attached')).toMatchObject({
    ...{
      status: 'completed',
      gaps: [expect.stringMatching(/^sha256:[0-9a-f]{64}: is attached, and could not be read$/)],
    },
  })
})

test('one publish, one report within 2 s, the process of the analysis included', async () => {
  const path = 'ada/small/1.0.0'
  const started = performance.now()
  await registry.publish('ada', path, {
    'package/package.json': { name: 'small', version: '1.0.0', dependencies: { 'left-leg': '1.0.0' } },
  })
  await expect.poll(async () => (await registry.scanOf(path, 'ada')).status, { timeout: 15_000, interval: 25 }).toBe('completed')
  // Of a machine that is not asked for more than it can do.
  const crowd = Math.max(1, (loadavg()[0] ?? 0) / availableParallelism())
  expect(performance.now() - started).toBeLessThan(2_000 * crowd)
  expect(found(await registry.scanOf(path, 'ada'))).toEqual(['CVE-2026-12 left-leg affected'])
})

test('D-36: a process of the analysis waits for more, and is gone once the registry has stopped', async () => {
  const other = await openScanning({}, { analyst: 'isolated' })
  const [folder, before] = [mkdtempSync(join(tmpdir(), 'gati-stop-test-')), process.env['TMPDIR']]
  process.env['TMPDIR'] = folder
  let waiting: string[] = []
  try {
    await other.user('ada')
    await other.publish('ada', 'ada/thing/1.0.0', { 'package/package.json': '{}' })
    await other.settled()
    waiting = readdirSync(folder)
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
    await other[Symbol.asyncDispose]()
  }
  // Each has a folder for as long as it lives.
  expect(waiting).toHaveLength(1)
  expect(readdirSync(folder)).toEqual([])
  rmSync(folder, { recursive: true })
})

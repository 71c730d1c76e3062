import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { trivyDocuments } from '../../../src/modules/scanning/trivy/trivy-documents.ts'
import { readTrivyReport } from '../../../src/modules/scanning/trivy/trivy-report.ts'
import { TrivyScanner } from '../../../src/modules/scanning/trivy/trivy-scanner.ts'
import { advisory, critical, openScanning } from './open-scanning.ts'
import { components } from './trivy/components.ts'

// What trivy 0.58.1 answered about `components`, with the database of its own integration tests.
const recorded = join(import.meta.dirname, 'trivy')

let folder: string
let count = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gati-trivy-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A program in the place of trivy; it writes down how it was called, and what it was given. */
async function program(body: string): Promise<string> {
  count += 1
  const path = join(folder, `trivy-${count}`)
  await writeFile(path, `#!/bin/sh\necho "$@" >> ${folder}/calls\nenv > ${folder}/env\n${body}\n`)
  await chmod(path, 0o755)
  return path
}
/** Answers as it did: about a document without an operating system, without its packages; and `--version` knows no server. */
const answering = () =>
  program(`case "$*" in
sbom*) for last; do :; done; cp "$last" ${folder}/given-$(grep -o '"name":"rocky"' "$last" | wc -l).json
  if grep -q '"operating-system","bom-ref":"operating-system","name":"debian","version":"10"' "$last"; then cat ${recorded}/debian-10.json
  elif grep -q '"operating-system","bom-ref":"operating-system","name":"rocky","version":"8.5"' "$last"; then cat ${recorded}/rocky-8.5.json
  else cat ${folder}/other.json; fi ;;
*--server*) echo "$(date)	FATAL	Fatal error	unknown flag: --server" >&2; exit 1 ;;
*) cat ${recorded}/version.json ;;
esac`)
const scannerOf = (binary: string, more: { server?: string; timeoutMs?: number } = {}) =>
  new TrivyScanner({ binary, server: '', timeoutMs: 5_000, folder: join(folder, 'home'), ...more })
const input = () => ({ artifactId: 'a', manifestDigest: 'd', components })
const live = () => AbortSignal.timeout(20_000)

test('R14.1: trivy gets the packages, those of each distribution with its release, and its report is read', async () => {
  const found = await scannerOf(await answering(), { server: 'http://trivy.internal:4954' }).scan(input(), live())
  expect(found).toMatchObject({ version: '0.58.1', databaseVersion: '2026-11-21T06:00:00Z' })
  // Packages are called as they were asked about, whatever trivy needs them to be called.
  expect(
    found.vulnerabilities.map(({ ids, purl, version, severity, score, fixedVersion }) => [
      ids,
      purl,
      version,
      severity,
      score,
      fixedVersion,
    ]),
  ).toEqual([
    [['CVE-2019-18276'], 'pkg:deb/debian/bash@5.0-4?distro=debian-10', '5.0-4', 'low', 7.8, null],
    [['CVE-2019-18224', 'DSA-4613-1'], 'pkg:deb/debian/libidn2-0@2.0.5-1?distro=debian-10', '2.0.5-1', 'critical', 9.8, '2.0.5-1+deb10u1'],
    [['CVE-2019-10744'], 'pkg:npm/lodash@4.17.4', '4.17.4', 'critical', 9.1, '4.17.12'],
    [['CVE-2019-14806'], 'pkg:pypi/werkzeug@0.15.2', '0.15.2', 'high', 7.5, '0.15.3'],
    [
      ['CVE-2021-3712'],
      'pkg:rpm/rocky/openssl-libs@1:1.1.1g-15.el8_3?distro=rocky-8.5',
      '1:1.1.1g-15.el8_3',
      'moderate',
      7.4,
      '1:1.1.1k-5.el8_5',
    ],
  ])
  const [, , lodash] = found.vulnerabilities
  expect(lodash).toMatchObject({ scanner: 'trivy', package: 'lodash', title: expect.stringContaining('prototype pollution') })
  expect(lodash?.urls[0]).toBe('https://avd.aquasec.com/nvd/cve-2019-10744')
  const calls = (await readFile(join(folder, 'calls'), 'utf8')).split('\n')
  expect(calls[0]).toMatch(/^sbom --quiet --format json --scanners vuln --server http:\/\/trivy.internal:4954 .*bom\.json$/)
  expect(await readFile(join(folder, 'env'), 'utf8')).not.toMatch(/VITEST|NODE_/)
  expect(JSON.parse(await readFile(join(folder, 'given-1.json'), 'utf8')).components).toMatchObject([
    { type: 'operating-system', name: 'rocky', version: '8.5' },
    { purl: 'pkg:rpm/rocky/openssl-libs@1.1.1g-15.el8_3?distro=rocky-8.5&epoch=1&arch=x86_64' },
    { purl: 'pkg:rpm/rocky/openssl-libs@1.1.1k-99.el8?distro=rocky-8.5&epoch=1&arch=x86_64' },
  ])
})

test('trivy is asked about the releases with the most packages, and about packages of languages once', () => {
  const of = (release: number, at: number) => ({
    ...{ ecosystem: `Debian:${release}`, name: `p${at}`, version: '1', path: '', licenses: [] },
    purl: `pkg:deb/debian/p${at}@1?distro=debian-${release}`,
  })
  const many = Array.from({ length: 12 }, (_, release) => Array.from({ length: release + 1 }, (_, at) => of(release, at))).flat()
  const language = components.filter(({ ecosystem }) => ecosystem === 'npm')
  const documents = trivyDocuments([...many, ...language, ...language]).map((text) => JSON.parse(text).components as { version: string }[])
  expect(documents.map(([system]) => system?.version)).toEqual(['11', '10', '9', '8', '7', '6', '5', '4'])
  expect(documents.map(({ length }) => length)).toEqual([1 + 12 + 2, 12, 11, 10, 9, 8, 7, 6])
  expect(trivyDocuments(language).map((text) => JSON.parse(text).components.length)).toEqual([2])
  expect(trivyDocuments([])).toHaveLength(1)
})

test('of a report only what can be kept is', () => {
  const entry = {
    ...{
      VulnerabilityID: 'CVE-2026-1',
      PkgName: 'other',
      PkgIdentifier: { PURL: 'pkg:npm/other@3.0.0' },
      InstalledVersion: '3.0.0',
      Severity: 'LOW',
    },
    ...{ FixedVersion: '3.1.0, 4.0.1', References: ['https://example.org/other', 'javascript:alert(1)'] },
  }
  const report = {
    SchemaVersion: 2,
    Results: [{ Vulnerabilities: [entry, { ...entry, PkgIdentifier: {} }, { ...entry, VulnerabilityID: 'a b' }] }, {}],
  }
  expect(readTrivyReport(JSON.stringify(report), components)).toEqual([
    {
      ...{
        scanner: 'trivy',
        ids: ['CVE-2026-1'],
        purl: 'pkg:npm/other@3.0.0',
        package: 'other',
        version: '3.0.0',
        severity: 'low',
        score: 0,
      },
      ...{ title: 'CVE-2026-1', description: 'CVE-2026-1', fixedVersion: '3.1.0', urls: ['https://example.org/other'] },
    },
  ])
})

test('a trivy that fails, hangs, talks nonsense or is not there says so in one sentence', async () => {
  const failure = async (binary: string, timeoutMs?: number) =>
    scannerOf(binary, timeoutMs === undefined ? {} : { timeoutMs })
      .scan(input(), live())
      .catch(({ name, message }: Error) => `${name}: ${message}`)
  const refused = 'sbom scan error: scan error: scan failed: failed analysis: SBOM decode error: unknown scanning is not yet supported'
  const last = `2026-11-21T23:25:13Z	FATAL	Fatal error	${refused}`
  expect(await failure(await program(`echo "${last}" >&2; exit 1`))).toBe(`ScannerFailed: trivy failed: ${refused}`)
  expect(await failure(await program('exec sleep 10'), 200)).toBe('ScannerFailed: trivy failed: it did not end within 0.2 s')
  expect(await failure(await program('echo hello'))).toBe('ScannerFailed: trivy answered with something that is not JSON')
  expect(await failure(await program('echo "{\\"SchemaVersion\\":1}"'))).toBe(
    'ScannerFailed: trivy answered with a report of another schema than version 2',
  )
  expect(await failure(join(folder, 'nothing'))).toBe('ScannerFailed: trivy failed: there is no such program')
})

test('R14.1: findings of both scanners are one, a failing scanner fails the scan', async () => {
  await mkdir(join(folder, 'home'), { recursive: true })
  const entry = { VulnerabilityID: 'CVE-2019-10744', PkgIdentifier: { BOMRef: 'pkg:npm/lodash@4.17.4' }, Severity: 'CRITICAL' }
  const only = { ...entry, VulnerabilityID: 'CVE-2026-2', Severity: 'LOW' }
  await writeFile(join(folder, 'other.json'), JSON.stringify({ SchemaVersion: 2, Results: [{ Vulnerabilities: [entry, only] }] }))
  await using registry = await openScanning({ trivyBinary: await answering() })
  await registry.user('ada')
  await registry.take(advisory('GHSA-aaaa-aaaa-aaaa', { name: 'lodash', fixed: '4.17.12', vector: critical, aliases: ['CVE-2019-10744'] }))
  const files = {
    'package/package.json': { name: 'app', version: '1.0.0' },
    'package/node_modules/lodash/package.json': { name: 'lodash', version: '4.17.4' },
  }
  await registry.publish('ada', 'ada/app/1.0.0', files)
  await registry.settled()
  const found = await registry.scanOf('ada/app/1.0.0', 'ada')
  expect(found.vulnerabilities.map(({ id, scanners }: { id: string; scanners: string[] }) => [id, scanners])).toEqual([
    ['CVE-2019-10744', ['gati', 'trivy']],
    ['CVE-2026-2', ['trivy']],
  ])
  expect(found.scanners).toEqual([
    { name: 'gati', version: '2', databaseVersion: '1' },
    { name: 'trivy', version: '0.58.1', databaseVersion: '2026-11-21T06:00:00Z' },
  ])
  await writeFile(join(folder, 'other.json'), 'nonsense')
  await registry.request('POST', '/v1/artifacts/ada/app/1.0.0/scan', { as: 'ada' })
  await registry.settled()
  expect(await registry.scanOf('ada/app/1.0.0', 'ada')).toMatchObject({
    status: 'failed',
    problem: 'trivy answered with something that is not JSON',
  })
})

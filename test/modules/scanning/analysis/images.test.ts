import { expect, test } from 'vitest'
import { analyseHere, rulesOf } from './analyse-here.ts'
import { tarOf, tgzOf, zipOf } from './pack-archive.ts'

const osRelease = { name: 'usr/lib/os-release', content: 'ID=debian\nVERSION_ID="12"\n' }
const status = (version: string) => ({
  name: 'var/lib/dpkg/status',
  content: `Package: openssl\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n\n`,
})
const pom = { name: 'META-INF/maven/org.example/lib/pom.properties', content: 'groupId=org.example\nartifactId=lib\nversion=1.2.3\n' }

test('P6 catalogers see the merged file system: the upper package database, nothing of what was taken away', async () => {
  const layers = [
    await tgzOf([osRelease, status('3.0.1-1'), { name: 'srv/package.json', content: '{"name":"gone","version":"1.0.0"}' }]),
    await tarOf([
      status('3.0.15-1'),
      { name: 'srv/.wh.package.json', content: '' },
      { name: 'etc/link', type: '2', linkName: '/usr/lib/os-release' },
    ]),
  ]
  const report = await analyseHere({ kind: 'oci', blobs: layers.map((bytes) => ({ bytes })) })
  expect(report.components.map(({ ecosystem, name, version }) => [ecosystem, name, version])).toEqual([
    ['Debian:12', 'openssl', '3.0.15-1'],
  ])
  expect(report.findings).toEqual([])
})

test('P6 a jar is catalogued where it lies in an image, and as an artifact of its own', async () => {
  const jar = zipOf([pom])
  const inImage = await analyseHere({ kind: 'oci', blobs: [{ bytes: await tgzOf([{ name: 'opt/lib.jar', content: jar }]) }] })
  const alone = await analyseHere({ kind: 'generic', blobs: [{ fileName: 'lib.jar', bytes: jar }] })
  for (const { components } of [inImage, alone])
    expect(components.map(({ name, version }) => [name, version])).toEqual([['org.example:lib', '1.2.3']])
})

test('a secret stays found after a later layer took its file away: the layer still has it', async () => {
  const key = `-----BEGIN PRIVATE KEY-----\n${Buffer.from(Array.from({ length: 120 }, (_, index) => (index * 73) % 251))
    .toString('base64')
    .replaceAll(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`
  const lower = await tgzOf([{ name: 'root/deploy.pem', content: key }])
  const upper = await tgzOf([{ name: 'root/.wh.deploy.pem', content: '' }])
  const report = await analyseHere({ kind: 'oci', blobs: [{ bytes: lower }, { bytes: upper }] })
  expect(rulesOf(report)).toEqual(['secret/private-key'])
  expect(report.verdict.level).toBe('clean')
})

test('an image of a language was held for the broken archives of its own tests', async () => {
  const sparse = await tarOf([{ name: 'a', content: 'x', type: 'S' }])
  const encrypted = zipOf([{ name: 'a', content: 'x', isStored: true, flags: 1 }])
  const files = [
    { name: 'go/testdata/sparse.tar', content: sparse },
    { name: 'go/testdata/cut.zip', content: encrypted.subarray(0, -10) },
    { name: 'go/testdata/secret.zip', content: encrypted },
  ]
  const report = await analyseHere({ kind: 'oci', blobs: [{ bytes: await tgzOf(files) }] })
  expect([rulesOf(report), report.verdict, report.gaps]).toEqual([['archive/odd-inside-image'], { level: 'clean', confidence: 0 }, []])
  const layer = await analyseHere({ kind: 'oci', blobs: [{ bytes: (await tgzOf(files)).subarray(0, -20) }, { bytes: sparse }] })
  expect(layer.gaps.join()).toMatch(/gzip: unexpected end of file.*a sparse file/)
  expect((await analyseHere({ kind: 'generic', blobs: [{ bytes: await tgzOf(files) }] })).verdict.level).toBe('suspicious')
})

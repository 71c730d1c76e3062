import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { EvidenceReader, hashOf } from '../../../src/modules/signing/evidence-reader.ts'
import { isAccessory } from '../../../src/shared/types/accessory.ts'
import { sha256 } from './signature-keys.ts'

const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const kib = 1_024

/** A manifest of these layers, and what of them was read. */
function readerOf(contents: readonly string[], padding = '') {
  const opened: string[] = []
  const layers = contents.map((text) => ({ mediaType: bundleType, digest: sha256(text), size: text.length }))
  const content = Buffer.from(JSON.stringify({ layers, padding }))
  const reader = new EvidenceReader({
    blobs: {
      open: async (_artifact: string, digest: string) => {
        const text = contents.find((each) => sha256(each) === digest) ?? ''
        opened.push(text.slice(0, 8))
        return { sizeBytes: text.length, read: async () => Readable.from([Buffer.from(text)]) }
      },
    },
    manifests: { get: async () => ({ content }) },
  } as unknown as ConstructorParameters<typeof EvidenceReader>[0])
  return { reader, opened, layers }
}
const numbered = (count: number, size: number) => Array.from({ length: count }, (_, at) => `${at}`.padEnd(8).padEnd(size, 'x'))

test('of a manifest no more is read than 1 MiB of proofs, the newest, and no layer above 256 KiB', async () => {
  const { reader, opened, layers } = readerOf(numbered(20, 200 * kib))
  const found = await reader.readAll('a', { layers })
  expect(found.map(({ value }) => value.slice(0, 8).trim())).toEqual(['15', '16', '17', '18', '19'])
  expect(opened).toHaveLength(5)
  const large = readerOf(numbered(1, 257 * kib))
  expect([await large.reader.readAll('a', { layers: large.layers }), large.opened]).toEqual([[], []])
})

test('one proof is read no further than to where it is; one budget holds for several manifests', async () => {
  const contents = numbered(20, kib)
  const wanted = { kind: 'sigstore-bundle' as const, value: contents[18] ?? '' }
  const { reader, opened } = readerOf(contents)
  expect(await reader.find('a', 'm', hashOf(wanted))).toEqual(wanted)
  expect(opened.map((each) => each.trim())).toEqual(['19', '18'])
  const budget = { left: 30 * kib }
  const counts: number[] = []
  for (let at = 0; at < 4; at += 1) counts.push((await reader.read('a', 'm', budget)).length)
  expect([counts[0], counts.at(-1)]).toEqual([20, 0])
  expect(await readerOf(contents, 'x'.repeat(kib * kib)).reader.find('a', 'm', hashOf(wanted))).toBeUndefined()
})

const subject = { digest: sha256('subject'), size: 1 }
const typed = (mediaType: string) => ({ mediaType, digest: sha256(mediaType), size: 1 })
const isThere = async (digest: string) => digest === subject.digest
const empty = typed('application/vnd.oci.empty.v1+json')

test.each([
  bundleType,
  'application/vnd.dev.cosign.artifact.sig.v1+json',
  'application/vnd.cncf.notary.signature',
  'application/vnd.in-toto+json',
  'application/spdx+json',
  'text/spdx',
  'application/vnd.cyclonedx+json',
  'application/vnd.cyclonedx+json;version=1.6',
  'application/vnd.openvex+json',
])('%s is about its subject', async (type) => {
  expect(await isAccessory({ subject, artifactType: type, config: empty, layers: [typed('application/octet-stream')] }, isThere)).toBe(true)
  expect(await isAccessory({ subject, config: typed('application/vnd.oci.image.config.v1+json'), layers: [typed(type)] }, isThere)).toBe(
    true,
  )
  expect(await isAccessory({ artifactType: type, config: empty, layers: [typed('application/octet-stream')] }, isThere)).toBe(false)
  expect(await isAccessory({ subject, artifactType: type, layers: [typed('application/octet-stream')] }, isThere)).toBe(false)
})

test.each([
  'application/vnd.cncf.helm.config.v1+json',
  'application/vnd.wasm.config.v0+json',
  'application/vnd.oci.image.layer.v1.tar+gzip',
  'application/vnd.gati.module-binary.v1',
  'application/spdx+json2',
  'x/application/spdx+json',
])('%s with a subject is content', async (type) => {
  expect(await isAccessory({ subject, artifactType: type, config: empty, layers: [typed('application/octet-stream')] }, isThere)).toBe(
    false,
  )
  expect(await isAccessory({ subject, config: typed(type), layers: [typed('application/octet-stream')] }, isThere)).toBe(false)
  expect(await isAccessory({ subject, config: empty, layers: [typed('application/spdx+json'), typed(type)] }, isThere)).toBe(false)
})

test('a signature may come before what it signs; a bill of material may not', async () => {
  expect(await isAccessory({ subject, layers: [typed(bundleType)] }, async () => false)).toBe(true)
  expect(await isAccessory({ subject, layers: [typed('application/spdx+json')] }, async () => false)).toBe(false)
})

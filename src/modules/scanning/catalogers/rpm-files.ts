import { sqliteRows } from './sqlite-table.ts'

/** Headers of the packages of an rpm database, whichever of its three forms it has; nothing for what is damaged. */
export function rpmHeaders(file: Buffer): Buffer[] {
  if (file.length < 64) return []
  if (file.toString('latin1', 0, 15) === 'SQLite format 3') return sqliteRows(file, 'Packages').flatMap(([, blob]) => (blob ? [blob] : []))
  if (file.toString('latin1', 0, 4) === 'RpmP') return ndbHeaders(file)
  return berkeleyHeaders(file)
}

const ndbPage = 4_096
const ndbSlot = 16
const ndbBlock = 16
const maxPackages = 100_000

/** rpm's own format, https://github.com/rpm-software-management/rpm/blob/master/lib/backend/ndb/rpmpkg.c */
function ndbHeaders(file: Buffer): Buffer[] {
  const slots = Math.min(file.length, ndbPage * file.readUInt32LE(12))
  const headers: Buffer[] = []
  // The first two slots are the head of the file.
  for (let at = 2 * ndbSlot; at + ndbSlot <= slots && headers.length < maxPackages; at += ndbSlot) {
    const blob = file.readUInt32LE(at + 8) * ndbBlock
    if (file.toString('latin1', at, at + 4) !== 'Slot' || blob === 0 || blob + 16 > file.length) continue
    if (file.toString('latin1', blob, blob + 4) !== 'BlbS') continue
    headers.push(file.subarray(blob + 16, blob + 16 + file.readUInt32LE(blob + 12)))
  }
  return headers
}

const hashMagic = 0x00061561
const pageHead = 26
const hashPages: ReadonlySet<number> = new Set([2, 13])
const overflowPage = 7
const offPage = 3

/** A hash of Berkeley DB: keys and values take turns, and a header is never small enough to be anywhere but in pages of its own. */
function berkeleyHeaders(file: Buffer): Buffer[] {
  if (file.readUInt32LE(12) !== hashMagic) return []
  const size = file.readUInt32LE(20)
  if (size < 512 || size > 65_536) return []
  const headers: Buffer[] = []
  for (let start = size; start + size <= file.length && headers.length < maxPackages; start += size) {
    const page = file.subarray(start, start + size)
    if (!hashPages.has(page[25] ?? 0)) continue
    for (const value of valuesOf(page)) headers.push(overflow(file, size, value))
  }
  return headers
}

function valuesOf(page: Buffer): number[] {
  const entries = Math.min(page.readUInt16LE(20), Math.floor((page.length - pageHead) / 2))
  const first: number[] = []
  for (let index = 1; index < entries; index += 2) {
    const at = page.readUInt16LE(pageHead + 2 * index)
    if (at + 12 <= page.length && page[at] === offPage) first.push(page.readUInt32LE(at + 4))
  }
  return first
}

function overflow(file: Buffer, size: number, first: number): Buffer {
  const parts: Buffer[] = []
  const seen = new Set<number>()
  for (let number = first; number > 0 && !seen.has(number); ) {
    seen.add(number)
    const page = file.subarray(number * size, (number + 1) * size)
    if (page.length < size || page[25] !== overflowPage) break
    const next = page.readUInt32LE(16)
    parts.push(page.subarray(pageHead, next === 0 ? pageHead + page.readUInt16LE(22) : size))
    number = next
  }
  return Buffer.concat(parts)
}

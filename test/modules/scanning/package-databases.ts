interface RpmFacts {
  readonly name: string
  readonly version: string
  readonly release: string
  readonly epoch?: number
  readonly license?: string
  readonly sourceRpm?: string
}

/** A header as rpm stores it: counts, entries of tag, type, offset and count, data. */
export function rpmHeaderOf({ name, version, release, epoch, license, sourceRpm }: RpmFacts): Buffer {
  const texts: [number, string][] = [
    ...([
      [1_000, name],
      [1_001, version],
      [1_002, release],
    ] as [number, string][]),
    ...(license === undefined ? [] : [[1_014, license] as [number, string]]),
    ...(sourceRpm === undefined ? [] : [[1_044, sourceRpm] as [number, string]]),
  ]
  const data: Buffer[] = []
  const entries: Buffer[] = []
  const add = (tag: number, type: number, content: Buffer) => {
    const entry = Buffer.alloc(16)
    for (const [at, value] of [tag, type, data.reduce((sum, { length }) => sum + length, 0), 1].entries())
      entry.writeUInt32BE(value, 4 * at)
    entries.push(entry)
    data.push(content)
  }
  if (epoch !== undefined) add(1_003, 4, Buffer.from([0, 0, 0, epoch]))
  for (const [tag, text] of texts) add(tag, 6, Buffer.from(`${text}\0`))
  const head = Buffer.alloc(8)
  head.writeUInt32BE(entries.length, 0)
  head.writeUInt32BE(
    data.reduce((sum, { length }) => sum + length, 0),
    4,
  )
  return Buffer.concat([head, ...entries, ...data])
}

/** rpm's `Packages.db`: a page of slots, then blobs in blocks of 16 bytes. */
export function ndbOf(headers: readonly Buffer[]): Buffer {
  const slots = Buffer.alloc(4_096)
  slots.write('RpmP', 0, 'latin1')
  slots.writeUInt32LE(1, 12)
  const blobs: Buffer[] = []
  let block = 4_096 / 16
  for (const [at, header] of headers.entries()) {
    const slot = 32 + 16 * at
    slots.write('Slot', slot, 'latin1')
    slots.writeUInt32LE(at + 1, slot + 4)
    slots.writeUInt32LE(block, slot + 8)
    const size = Math.ceil((16 + header.length) / 16)
    slots.writeUInt32LE(size, slot + 12)
    const blob = Buffer.alloc(16 * size)
    blob.write('BlbS', 0, 'latin1')
    blob.writeUInt32LE(at + 1, 4)
    blob.writeUInt32LE(header.length, 12)
    header.copy(blob, 16)
    blobs.push(blob)
    block += size
  }
  return Buffer.concat([slots, ...blobs])
}

const pageSize = 4_096
const pageHead = 26

/** A hash of Berkeley DB with one page of keys and values, and chains of pages with what they are too small for. */
export function berkeleyOf(headers: readonly Buffer[]): Buffer {
  const meta = Buffer.alloc(pageSize)
  meta.writeUInt32LE(0x00061561, 12)
  meta.writeUInt32LE(pageSize, 20)
  meta[25] = 8
  const hash = Buffer.alloc(pageSize)
  hash[25] = 13
  hash.writeUInt16LE(2 * headers.length, 20)
  const pages: Buffer[] = [meta, hash]
  let end = pageSize
  for (const [at, header] of headers.entries()) {
    end -= 5
    hash[end] = 1
    hash.writeUInt16LE(end, pageHead + 4 * at)
    end -= 12
    hash[end] = 3
    hash.writeUInt32LE(pages.length, end + 4)
    hash.writeUInt32LE(header.length, end + 8)
    hash.writeUInt16LE(end, pageHead + 4 * at + 2)
    const room = pageSize - pageHead
    for (let from = 0; from < header.length; from += room) {
      const page = Buffer.alloc(pageSize)
      const isLast = from + room >= header.length
      page[25] = 7
      page.writeUInt32LE(isLast ? 0 : pages.length + 1, 16)
      page.writeUInt16LE(Math.min(room, header.length - from), 22)
      header.copy(page, pageHead, from, from + room)
      pages.push(page)
    }
  }
  return Buffer.concat(pages)
}

/** An executable with the build information of Go 1.18 and later somewhere in it. */
export function goBinaryOf(version: string, modules: string): Buffer {
  const head = Buffer.alloc(32)
  head.write('\xff Go buildinf:', 'latin1')
  head[14] = 8
  head[15] = 2
  const sentinel = Buffer.alloc(16, 0x30)
  const info = Buffer.concat([sentinel, Buffer.from(modules), sentinel])
  return Buffer.concat([
    Buffer.alloc(64, 1),
    head,
    lengthOf(version.length),
    Buffer.from(version),
    lengthOf(info.length),
    info,
    Buffer.alloc(64),
  ])
}

function lengthOf(count: number): Buffer {
  const bytes: number[] = []
  let left = count
  for (; left >= 0x80; left >>= 7) bytes.push((left & 0x7f) | 0x80)
  return Buffer.from([...bytes, left])
}

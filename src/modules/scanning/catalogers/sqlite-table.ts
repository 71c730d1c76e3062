/** https://www.sqlite.org/fileformat2.html: enough to read the rows of one table, and nothing that a damaged file could lead astray. */
const interiorPage = 0x05
const leafPage = 0x0d
const maxRowBytes = 33_554_432

/** Blobs and texts of every row of the table, in the order of its columns. */
export function sqliteRows(file: Buffer, table: string): Buffer[][] {
  if (file.length < 512 || file.toString('latin1', 0, 15) !== 'SQLite format 3') return []
  const declared = file.readUInt16BE(16)
  const reader = new Pages(file, declared === 1 ? 65_536 : declared)
  for (const row of reader.rows(1)) {
    const [type, name, , root] = row
    if (type?.toString() === 'table' && name?.toString() === table && root) return reader.rows(integerOf(root))
  }
  return []
}

const integerOf = (bytes: Buffer): number => (bytes.length === 0 || bytes.length > 6 ? 0 : bytes.readUIntBE(0, bytes.length))

class Pages {
  readonly #file: Buffer
  readonly #size: number
  readonly #usable: number

  constructor(file: Buffer, size: number) {
    this.#file = file
    this.#size = Math.max(512, size)
    this.#usable = this.#size - (file[20] ?? 0)
  }

  /** Pages are visited once, whatever the tree says. */
  rows(root: number): Buffer[][] {
    const rows: Buffer[][] = []
    const seen = new Set<number>()
    const waiting = [root]
    for (let page = waiting.pop(); page !== undefined; page = waiting.pop()) {
      if (seen.has(page)) continue
      seen.add(page)
      const { kind, cells, last, bytes } = this.#page(page)
      if (kind === interiorPage)
        waiting.push(last, ...cells.flatMap((at) => (at + 4 <= bytes.length ? [bytes.readUInt32BE(at)] : [])).reverse())
      if (kind === leafPage) for (const at of cells) rows.push(this.#row(bytes, at))
    }
    return rows
  }

  #page(number: number) {
    const start = (number - 1) * this.#size
    const bytes = number < 1 ? Buffer.alloc(0) : this.#file.subarray(start, start + this.#size)
    const head = number === 1 ? 100 : 0
    if (bytes.length < head + 12) return { kind: 0, cells: [], last: 0, bytes }
    const kind = bytes[head] ?? 0
    const first = head + (kind === interiorPage ? 12 : 8)
    const count = Math.min(bytes.readUInt16BE(head + 3), Math.floor((bytes.length - first) / 2))
    const cells = Array.from({ length: Math.max(0, count) }, (_, index) => bytes.readUInt16BE(first + 2 * index))
    return { kind, cells, last: bytes.readUInt32BE(head + 8), bytes }
  }

  #row(page: Buffer, at: number): Buffer[] {
    const size = varint(page, at)
    const key = varint(page, size.end)
    return size.value > maxRowBytes ? [] : columnsOf(this.#payload(page, key.end, size.value))
  }

  /** What does not fit a page goes on in a chain of others (§1.6 of the format). */
  #payload(page: Buffer, start: number, size: number): Buffer {
    const most = this.#usable - 35
    if (size <= most) return page.subarray(start, start + size)
    const least = Math.floor(((this.#usable - 12) * 32) / 255) - 23
    const some = least + ((size - least) % (this.#usable - 4))
    const local = some <= most ? some : least
    const parts = [page.subarray(start, start + local)]
    let left = size - local
    let next = start + local + 4 <= page.length ? page.readUInt32BE(start + local) : 0
    for (let steps = 0; next > 0 && left > 0 && steps <= maxRowBytes / 508; steps += 1) {
      const { bytes } = { bytes: this.#file.subarray((next - 1) * this.#size, next * this.#size) }
      if (bytes.length < 5) break
      const part = bytes.subarray(4, Math.min(this.#usable, 4 + left))
      parts.push(part)
      left -= part.length
      next = bytes.readUInt32BE(0)
    }
    return Buffer.concat(parts)
  }
}

function varint(bytes: Buffer, start: number): { readonly value: number; readonly end: number } {
  let value = 0
  for (let at = start; at < start + 9; at += 1) {
    const byte = bytes[at] ?? 0
    if (at === start + 8) return { value: value * 256 + byte, end: at + 1 }
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return { value, end: at + 1 }
  }
  return { value, end: start + 9 }
}

const fixedSizes = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0]
const one = Buffer.from([1])

function columnsOf(payload: Buffer): Buffer[] {
  const head = varint(payload, 0)
  const columns: Buffer[] = []
  let at = head.end
  let data = head.value
  while (at < Math.min(head.value, payload.length) && columns.length < 64) {
    const { value: type, end } = varint(payload, at)
    const size = type >= 12 ? Math.floor((type - 12) / 2) : (fixedSizes[type] ?? 0)
    columns.push(type === 9 ? one : payload.subarray(data, data + size))
    data += size
    at = end
  }
  return columns
}

/** Offsets of the first and the last byte, both inclusive. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

const singleRange = /^bytes=[ \t]*(\d*)-(\d*)$/i

/**
 * A `Range` header against a representation of `sizeBytes` (RFC 9110 §14.1.2, §14.2). `undefined`: answer with the whole (no header, another
 * unit, several ranges, malformed, or a suffix of nothing). `unsatisfiable`: answer 416.
 */
export function parseByteRange(header: string | undefined, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  const match = header === undefined ? null : singleRange.exec(header.trim())
  if (!match) return undefined
  const [, first = '', last = ''] = match
  if (first === '') return suffixRange(last, sizeBytes)
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= sizeBytes) return 'unsatisfiable'
  return { start, end: last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1) }
}

function suffixRange(length: string, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  if (length === '') return undefined
  if (Number(length) === 0) return 'unsatisfiable'
  // Any other suffix is satisfiable, yet no Content-Range can describe a part of nothing.
  if (sizeBytes === 0) return undefined
  return { start: Math.max(0, sizeBytes - Number(length)), end: sizeBytes - 1 }
}

export interface ContentRange extends ByteRange {
  /** Of the complete content, when the sender knows it. */
  readonly sizeBytes?: number
}

// 15 digits are always a safe integer, and a petabyte is more than a chunk can be.
const contentRange = /^(?:(\d{1,15})-(\d{1,15})|bytes (\d{1,15})-(\d{1,15})\/(\*|\d{1,15}))$/i

/** `Content-Range` of a chunk: `0-1023` (OCI distribution-spec, "Pushing a blob in chunks") or `bytes 0-1023/*` (RFC 9110 §14.4). */
export function parseContentRange(text: string): ContentRange | undefined {
  const match = contentRange.exec(text)
  if (!match) return undefined
  const start = Number(match[1] ?? match[3])
  const end = Number(match[2] ?? match[4])
  if (end < start) return undefined
  const total = match[5]
  if (total === undefined || total === '*') return { start, end }
  return Number(total) > end ? { start, end, sizeBytes: Number(total) } : undefined
}

/** What headers say of a chunk before a byte of it is read. */
export interface AnnouncedChunk {
  readonly start?: number
  readonly sizeBytes?: number
}

interface ChunkHeaders {
  readonly 'content-length'?: string | undefined
  readonly 'content-range'?: string | undefined
}

/** `undefined`: `Content-Range` is malformed, or `Content-Length` contradicts it. */
export function announcedChunk(headers: ChunkHeaders): AnnouncedChunk | undefined {
  const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
  const header = headers['content-range']
  if (header === undefined) return length === undefined ? {} : { sizeBytes: length }
  const range = parseContentRange(header)
  if (!range) return undefined
  const sizeBytes = range.end - range.start + 1
  return length === undefined || length === sizeBytes ? { start: range.start, sizeBytes } : undefined
}

/**
 * Whether an answer of this status, to this `Range` header, begins to send the bytes of something: a resumed download is counted where it began, and
 * whoever asks for the first byte alone wants to know how long the rest is.
 */
export function isBeginning(status: number, range: string | undefined): boolean {
  if (![200, 206, 307].includes(status)) return false
  // However long it is: what is asked for here is only where the range begins.
  const asked = parseByteRange(range, Number.MAX_SAFE_INTEGER)
  return asked === undefined || (asked !== 'unsatisfiable' && asked.start === 0 && asked.end > 0)
}

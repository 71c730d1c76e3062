import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { parseContentRange } from '../../shared/types/byte-range.ts'
import type { UploadChunk } from './contract.ts'
import { ContentRangeInvalid, InvalidPublish } from './errors.ts'

/** A chunk as its headers announce it. Throws `artifacts.content_range_invalid` before anything is read. */
export function chunkOf(headers: IncomingHttpHeaders, body: Readable): UploadChunk {
  const type = headers['content-type']
  if (type !== undefined && type.toLowerCase() !== 'application/octet-stream')
    throw new InvalidPublish('a chunk is application/octet-stream')
  const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
  const header = headers['content-range']
  if (header === undefined) return { body, ...(length !== undefined && { sizeBytes: length }) }
  const range = parseContentRange(header)
  if (!range) throw new ContentRangeInvalid()
  const sizeBytes = range.end - range.start + 1
  if (length !== undefined && length !== sizeBytes) throw new ContentRangeInvalid()
  return { body, start: range.start, sizeBytes }
}

export const hasBytes = (headers: IncomingHttpHeaders): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

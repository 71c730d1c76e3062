import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { parseContentRange } from '../../shared/types/byte-range.ts'
import { ContentRangeInvalid } from '../artifacts/errors.ts'

export interface UploadChunk {
  readonly body: Readable
  readonly start?: number
  readonly sizeBytes?: number
}

/** A body as its headers announce it, whatever its content type. Throws `artifacts.content_range_invalid` before anything is read. */
export function chunkOf({ headers, body }: FastifyRequest): UploadChunk {
  const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
  const header = headers['content-range']
  const range = header === undefined ? undefined : parseContentRange(header)
  if (header !== undefined && !range) throw new ContentRangeInvalid()
  const sizeBytes = range ? range.end - range.start + 1 : length
  if (length !== undefined && length !== sizeBytes) throw new ContentRangeInvalid()
  return { body: body as Readable, ...(range && { start: range.start }), ...(sizeBytes !== undefined && { sizeBytes }) }
}

export const hasBytes = (headers: IncomingHttpHeaders): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

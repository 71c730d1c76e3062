import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { announcedChunk } from '../../shared/types/byte-range.ts'
import type { UploadChunk } from './contract.ts'
import { ContentRangeInvalid, InvalidPublish } from './errors.ts'

/** A chunk as its headers announce it. Throws `artifacts.content_range_invalid` before anything is read. */
export function chunkOf(headers: IncomingHttpHeaders, body: Readable): UploadChunk {
  const type = headers['content-type']
  if (type !== undefined && type.toLowerCase() !== 'application/octet-stream')
    throw new InvalidPublish('a chunk is application/octet-stream')
  const announced = announcedChunk(headers)
  if (!announced) throw new ContentRangeInvalid()
  return { body, ...announced }
}

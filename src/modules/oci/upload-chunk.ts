import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { announcedChunk } from '../../shared/types/byte-range.ts'
import type { UploadChunk } from '../artifacts/contract.ts'
import { ContentRangeInvalid } from '../artifacts/errors.ts'

/** A body as its headers announce it, whatever its content type. Throws `artifacts.content_range_invalid` before anything is read. */
export function chunkOf({ headers, body }: FastifyRequest): UploadChunk {
  const announced = announcedChunk(headers)
  if (!announced) throw new ContentRangeInvalid()
  return { body: body as Readable, ...announced }
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseByteRange } from '../../shared/types/byte-range.ts'
import type { BlobContent } from './contract.ts'

export interface Presentation {
  readonly mediaType: string
  readonly fileName?: string
}

/** Answers GET and HEAD for immutable bytes: strong ETag, conditional requests and single ranges (RFC 9110 §13, §14). */
export async function sendBlob(request: FastifyRequest, reply: FastifyReply, blob: BlobContent, { mediaType, fileName }: Presentation): Promise<FastifyReply> {
  const etag = `"${blob.digest}"`
  reply.headers({
    etag,
    'accept-ranges': 'bytes',
    'docker-content-digest': blob.digest,
    'content-security-policy': "default-src 'none'; sandbox",
    ...(fileName !== undefined && { 'content-disposition': `attachment; filename="${fileName.replace(/[^\w.+-]/g, '_')}"` }),
  })
  if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send()
  const range = wantedRange(request, etag, blob.sizeBytes)
  if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${blob.sizeBytes}`).type('text/plain').send('')
  reply.type(mediaType)
  if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${blob.sizeBytes}`)
  reply.header('content-length', range ? range.end - range.start + 1 : blob.sizeBytes)
  if (request.method === 'HEAD') return reply.send()
  return reply.send(await blob.read(range))
}

const matches = (header: string | undefined, etag: string): boolean =>
  header !== undefined && header.split(',').some((candidate) => [etag, `W/${etag}`, '*'].includes(candidate.trim()))

function wantedRange(request: FastifyRequest, etag: string, sizeBytes: number) {
  const { range, 'if-range': ifRange } = request.headers
  if (range === undefined || (ifRange !== undefined && ifRange !== etag)) return undefined
  return parseByteRange(range, sizeBytes)
}

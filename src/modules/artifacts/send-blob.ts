import { type Static, Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { parseByteRange } from '../../shared/types/byte-range.ts'
import { isUnchanged } from '../../shared/types/entity-tag.ts'
import type { BlobContent, BlobLocation, BlobPresentation, StoredManifest } from './contract.ts'
import { dispositionOf } from './disposition.ts'
import { RangeUnsatisfiable } from './errors.ts'

const Condition = Type.Optional(Type.String({ maxLength: 8_192 }))
export const ConditionalHeaders = Type.Object({ 'if-none-match': Condition })
export const RangeHeaders = Type.Object({ 'if-none-match': Condition, range: Condition, 'if-range': Condition })
type Conditions = Static<typeof RangeHeaders>

interface Exchange<H = Conditions> {
  readonly method: string
  readonly headers: H
}

/** Answers GET and HEAD for immutable bytes: strong ETag, conditional requests and single ranges (RFC 9110 §13, §14). */
export async function sendBlob(
  request: Exchange,
  reply: FastifyReply,
  content: { blob: BlobContent; as: BlobPresentation },
): Promise<FastifyReply> {
  const { blob, as } = content
  const { digest, sizeBytes } = blob
  if (isUnchanged(request.headers['if-none-match'], `"${digest}"`)) return reply.headers(identityHeaders(digest)).code(304).send()
  const range = wantedRange(request.headers, blob)
  if (range === 'unsatisfiable') {
    reply.header('content-range', `bytes */${sizeBytes}`)
    throw new RangeUnsatisfiable(sizeBytes)
  }
  const disposition = dispositionOf(as)
  reply.headers({ ...identityHeaders(digest), 'accept-ranges': 'bytes', ...(disposition && { 'content-disposition': disposition }) })
  reply.type(as.mediaType)
  const elsewhere = request.method === 'GET' ? await blob.locate?.(as) : undefined
  if (elsewhere) return sendElsewhere(reply, elsewhere)
  if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${sizeBytes}`)
  reply.header('content-length', range ? range.end - range.start + 1 : sizeBytes)
  if (request.method === 'HEAD') return reply.send()
  return reply.send(await blob.read(range))
}

/** Whoever sends the bytes also answers the range. */
function sendElsewhere(reply: FastifyReply, location: BlobLocation): FastifyReply {
  if (location.kind === 'accel') return reply.header('x-accel-redirect', location.path).send()
  // The URL is good for minutes only.
  return reply.code(307).headers({ location: location.url, 'cache-control': 'no-store' }).send()
}

/** A manifest is small: no ranges. */
export async function sendManifest(
  request: Exchange<Static<typeof ConditionalHeaders>>,
  reply: FastifyReply,
  { digest, mediaType, content }: StoredManifest,
): Promise<FastifyReply> {
  reply.headers(identityHeaders(digest))
  if (isUnchanged(request.headers['if-none-match'], `"${digest}"`)) return reply.code(304).send()
  reply.type(mediaType).header('content-length', content.length)
  return reply.send(request.method === 'HEAD' ? undefined : content)
}

/** Of strangers' bytes, which no browser should run here. */
const identityHeaders = (digest: string) => ({
  etag: `"${digest}"`,
  'docker-content-digest': digest,
  'content-security-policy': "default-src 'none'; sandbox",
})

function wantedRange({ range, 'if-range': ifRange }: Conditions, { digest, sizeBytes }: BlobContent) {
  if (range === undefined || (ifRange !== undefined && ifRange !== `"${digest}"`)) return undefined
  return parseByteRange(range, sizeBytes)
}

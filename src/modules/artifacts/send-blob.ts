import { type Static, Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { parseByteRange } from '../../shared/types/byte-range.ts'
import { isUnchanged } from '../../shared/types/entity-tag.ts'
import type { BlobContent, StoredManifest } from './contract.ts'
import { RangeUnsatisfiable } from './errors.ts'

export interface Presentation {
  readonly mediaType: string
  readonly fileName?: string
}

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
  content: { blob: BlobContent; as: Presentation },
): Promise<FastifyReply> {
  const { blob, as } = content
  const { digest, sizeBytes } = blob
  if (isUnchanged(request.headers['if-none-match'], `"${digest}"`)) return reply.headers(identityHeaders(digest)).code(304).send()
  const range = wantedRange(request.headers, blob)
  if (range === 'unsatisfiable') {
    reply.header('content-range', `bytes */${sizeBytes}`)
    throw new RangeUnsatisfiable(sizeBytes)
  }
  reply.headers({ ...identityHeaders(digest), ...dispositionOf(as), 'accept-ranges': 'bytes' }).type(as.mediaType)
  if (range) reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${sizeBytes}`)
  reply.header('content-length', range ? range.end - range.start + 1 : sizeBytes)
  if (request.method === 'HEAD') return reply.send()
  return reply.send(await blob.read(range))
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

const dispositionOf = ({ fileName }: Presentation): Record<string, string> =>
  fileName === undefined ? {} : { 'content-disposition': `attachment; filename="${fileName.replace(/[^\w.+-]/g, '_')}"` }

function wantedRange({ range, 'if-range': ifRange }: Conditions, { digest, sizeBytes }: BlobContent) {
  if (range === undefined || (ifRange !== undefined && ifRange !== `"${digest}"`)) return undefined
  return parseByteRange(range, sizeBytes)
}

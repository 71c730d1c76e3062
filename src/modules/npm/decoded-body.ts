import type { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { FastifyRequest } from 'fastify'
import { BadExchange, BodyTooLarge } from '../../shared/kernel/http-errors.ts'

const jsonType = /^application\/(?:[\w.-]+\+)?json\b/i

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/**
 * The JSON of a route with `rawBody`, not yet parsed, whatever coding its client chose: npm sends audits as gzip. `maxBytes` are of the decoded
 * body; what it was compressed to counts for nothing. The route names a `bodyLimit`, or anonymous callers may send next to nothing. Throws
 * `BodyTooLarge` as soon as so much is decoded, and `BadExchange` 415 for another type or an unknown coding, 400 for what is not in its coding.
 */
export async function readJsonBytes(request: FastifyRequest, maxBytes: number): Promise<Buffer> {
  if (!jsonType.test(request.headers['content-type'] ?? 'application/json'))
    throw new BadExchange(415, 'request.unsupported_type', 'the body has to be application/json')
  return readDecoded(request, maxBytes)
}

async function readDecoded(request: FastifyRequest, maxBytes: number): Promise<Buffer> {
  const body = request.body as Readable
  const coding = request.headers['content-encoding']?.trim().toLowerCase() || 'identity'
  if (coding === 'identity') return collect(body, maxBytes)
  const open = Object.hasOwn(decoders, coding) ? decoders[coding] : undefined
  if (!open) throw new BadExchange(415, 'request.unsupported_encoding', 'the body is compressed in a way this route does not read')
  try {
    return await pipeline(body, open(), (decoded: AsyncIterable<Buffer>) => collect(decoded, maxBytes))
  } catch (error) {
    // The body itself and its limit fail in these words; everything else is a complaint of the decoder.
    if (error instanceof BadExchange) throw error
    throw new BadExchange(400, 'request.invalid_encoding', 'the body is not in the coding its Content-Encoding names')
  }
}

async function collect(decoded: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of decoded) {
    size += chunk.length
    if (size > maxBytes) throw new BodyTooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

import type { FastifyRequest } from 'fastify'
import { BadExchange } from '../../../shared/kernel/http-errors.ts'

/** Bytes of the body, undefined when its sender does not say. Throws 415 for one that is compressed: a tarball is, so no client does it. */
export function announcedBytes({ headers }: Pick<FastifyRequest, 'headers'>): number | undefined {
  const coding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (coding !== 'identity') throw new BadExchange(415, 'request.unsupported_encoding', 'a published document is not compressed')
  return headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { parameter } from './call.ts'
import { PageSizeInvalid } from './errors.ts'

const wholeNumber = /^\d{1,15}$/

/** `n` of a list, at most `max`, which also counts when the client names none. Throws PageSizeInvalid. */
export function pageSize(request: FastifyRequest, max: number): number {
  const text = parameter(request, 'n')
  if (text === undefined) return max
  if (!wholeNumber.test(text)) throw new PageSizeInvalid()
  return Math.min(Number(text), max)
}

/** RFC 8288 link to the page after this one; relative, so that it holds behind any proxy. */
export function linkNext(reply: FastifyReply, path: string, query: Readonly<Record<string, string | undefined>>): void {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
  reply.header('link', `<${path}?${new URLSearchParams(given)}>; rel="next"`)
}

/** With a media type of its own and without a charset: clients compare it exactly. */
export const sendJson = (reply: FastifyReply, value: unknown, mediaType = 'application/json'): FastifyReply => {
  const bytes = Buffer.from(JSON.stringify(value))
  return reply
    .type(mediaType)
    .header('content-length', bytes.length)
    .send(reply.request.method === 'HEAD' ? undefined : bytes)
}

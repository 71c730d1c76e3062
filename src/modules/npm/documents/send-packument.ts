import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { Located } from '../../metadata/contract.ts'
import type { PackumentBody, PackumentForm, Packuments, WantedPackument } from '../../packuments/contract.ts'
import { DocumentGone } from '../../packuments/errors.ts'
import { PackageNotFound } from '../errors.ts'
import { revalidated } from './cache-control.ts'
import { unchangedTag } from './conditions.ts'
import { encodingsWanted, formWanted, installType } from './negotiation.ts'

interface Exchange {
  readonly method: string
  readonly headers: IncomingHttpHeaders
}

const contentTypes: Readonly<Record<PackumentForm, string>> = { full: 'application/json', abbreviated: installType }
const maxTries = 3

/** Hot. Answers GET and HEAD with the document of a package. Throws PackageNotFound when no version of it is left to show. */
export function sendPackument(packuments: Packuments, located: Located, exchange: { request: Exchange; reply: FastifyReply }) {
  const { headers } = exchange.request
  const wanted = wantedBy(headers)
  const body = packuments.ready(located, wanted)
  if (body?.content === undefined) return sendWhenThere(packuments, located, { ...exchange, wanted })
  return sendBody({ ...exchange, cacheControl: revalidated(located), wanted, body, content: body.content })
}

interface Waiting {
  readonly request: Exchange
  readonly reply: FastifyReply
  readonly wanted: WantedPackument
}

async function sendWhenThere(packuments: Packuments, located: Located, waiting: Waiting): Promise<FastifyReply> {
  for (let left = maxTries; ; left -= 1) {
    const body = await packuments.document(located, waiting.wanted)
    if (!body) throw new PackageNotFound()
    try {
      return await answerWith(body, located, waiting)
    } catch (error) {
      if (!(error instanceof DocumentGone) || left === 1) throw error
      packuments.forget(located)
    }
  }
}

async function answerWith(body: PackumentBody, located: Located, waiting: Waiting): Promise<FastifyReply> {
  const isSent = waiting.request.method === 'GET' && unchanged(waiting, body) === undefined
  // Opened before the first header is set: it may be gone.
  const content = body.content ?? (isSent ? await body.read() : undefined)
  return sendBody({ ...waiting, cacheControl: revalidated(located), body, content })
}

type Answer = Waiting & {
  readonly cacheControl: string
  readonly body: PackumentBody
  readonly content: Parameters<FastifyReply['send']>[0]
}

/** Hot. */
export function sendBody({ request, reply, wanted, cacheControl, body, content }: Answer): FastifyReply {
  const tag = unchanged({ request, reply, wanted }, body)
  reply.header('etag', tag ?? body.etag)
  reply.header('last-modified', body.lastModified)
  reply.header('cache-control', cacheControl)
  reply.header('vary', 'Accept, Accept-Encoding')
  if (tag !== undefined) return reply.code(304).send()
  reply.header('content-type', contentTypes[wanted.form])
  if (body.encoding !== 'identity') reply.header('content-encoding', body.encoding)
  reply.header('content-length', body.sizeBytes)
  return reply.send(request.method === 'HEAD' ? undefined : content)
}

const unchanged = ({ request, wanted }: Waiting, body: PackumentBody): string | undefined =>
  unchangedTag(request.headers, body, wanted.accepts)

/** Hot. */
export const wantedBy = (headers: IncomingHttpHeaders): WantedPackument => ({
  form: formWanted(headers.accept),
  accepts: encodingsWanted(acceptEncodingOf(headers)),
})

function acceptEncodingOf(headers: IncomingHttpHeaders): string | undefined {
  const given = headers['accept-encoding']
  return Array.isArray(given) ? given.join(',') : given
}

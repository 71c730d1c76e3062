import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { sendBlob } from '../../artifacts/send-blob.ts'
import { VersionNotFound } from '../../metadata/errors.ts'
import { sendBody, wantedBy } from '../documents/send-packument.ts'
import type { BuiltDocument } from './document-thread.ts'
import type { UpstreamPackages } from './upstream-packages.service.ts'
import type { Elsewhere, Upstreams } from './upstreams.ts'

interface Exchange {
  readonly request: Pick<FastifyRequest, 'method' | 'headers'> & { readonly principal: Principal }
  readonly reply: FastifyReply
}

const cacheControl = ({ isForEveryone }: UpstreamPackages): string => (isForEveryone ? 'public, no-cache' : 'private, no-cache')

/** RFC 7234 §5.5.1: what is sent may be out of date. */
const staleWarning = '110 - "Response is Stale"'

/** Who asks, and whom. */
export interface UpstreamRead extends Elsewhere {
  readonly upstreams: Upstreams
}

async function found({ upstreams, source, name }: UpstreamRead, { request, reply }: Exchange): Promise<BuiltDocument> {
  const answer = await source.find(name.text)
  if (!answer) return upstreams.refuseMissing(request.principal, name)
  if (answer.stale) reply.header('warning', staleWarning)
  return answer.document
}

export async function sendUpstreamDocument(read: UpstreamRead, exchange: Exchange): Promise<FastifyReply> {
  const { request } = exchange
  const document = await found(read, exchange)
  const wanted = wantedBy(request.headers)
  const body = read.upstreams.body(document, wanted)
  const content = body.content ?? (request.method === 'GET' ? await body.read() : undefined)
  return sendBody({ ...exchange, wanted, body, content, cacheControl: cacheControl(read.source) })
}

export async function sendUpstreamManifest(read: UpstreamRead, versionOrTag: string, exchange: Exchange): Promise<FastifyReply> {
  const { request, reply } = exchange
  const document = await found(read, exchange)
  const isVersion = document.versions.some(({ version }) => version === versionOrTag)
  const version = isVersion ? versionOrTag : document.tags.find(([tag]) => tag === versionOrTag)?.[1]
  if (version === undefined) throw new VersionNotFound()
  const content = await read.upstreams.manifest(document, version)
  reply.headers({
    'cache-control': cacheControl(read.source),
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(content),
  })
  return reply.send(request.method === 'HEAD' ? undefined : content)
}

export async function sendUpstreamTarball(read: UpstreamRead, file: string, exchange: Exchange): Promise<FastifyReply> {
  const { request, reply } = exchange
  const { source, name } = read
  const blob = await source.tarball(name.text, file)
  if (!blob) {
    await found(read, exchange)
    throw new VersionNotFound()
  }
  reply.header('cache-control', `${source.isForEveryone ? 'public' : 'private'}, max-age=31536000, immutable`)
  try {
    return await sendBlob({ method: request.method, headers: conditionsOf(request) }, reply, {
      blob,
      as: { mediaType: 'application/octet-stream', fileName: file },
    })
  } catch (error) {
    reply.removeHeader('cache-control')
    throw error
  }
}

const conditionsOf = ({ headers }: Exchange['request']) => {
  const { range, 'if-none-match': ifNoneMatch, 'if-range': ifRange } = headers
  return {
    ...(range !== undefined && { range }),
    ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }),
    ...(typeof ifRange === 'string' && { 'if-range': ifRange }),
  }
}

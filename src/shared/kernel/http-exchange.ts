import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { uuidv7 } from '../types/uuidv7.ts'
import type { RequestBody } from './http-body.ts'
import type { RequestContext } from './request-context.ts'
import type { Span, Tracing } from './tracing.ts'

/** One request and its answer, as the kernel sees them. */
export interface Exchange {
  readonly context: RequestContext
  readonly traceId: string
  readonly span: Span | undefined
  body: RequestBody | undefined
  /** What went wrong behind an answer of 500 or more; for the log only. */
  failure: unknown
}

declare module 'fastify' {
  interface FastifyRequest {
    exchange: Exchange
  }
  interface FastifyContextConfig {
    /** Probes: logged at level debug, not counted by limits. */
    quiet?: boolean
    /** The `bodyLimit` a handler names itself, in bytes. */
    ownBodyLimit?: number
    /** Whose route it is. */
    module?: string
  }
}

const acceptableId = /^[A-Za-z0-9._-]{1,128}$/

/** The id a proxy gave the request when it is harmless, else a new one. */
export function requestIdOf(raw: Pick<IncomingMessage, 'headers'>): string {
  const given = raw.headers['x-request-id']
  return typeof given === 'string' && acceptableId.test(given) ? given : uuidv7()
}

const traceparent = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/

/** A W3C `traceparent` that is well formed, or nothing. */
function incomingTrace(headers: IncomingMessage['headers']): string | undefined {
  const given = headers['traceparent']
  return typeof given === 'string' && given.length <= 256 && traceparent.test(given) ? given : undefined
}
/** Out of UUIDs, because node keeps random bytes for those in stock: asking for some each time costs as much as routing the request. */
const newTrace = (): string => `00-${hexOf(randomUUID())}-${hexOf(randomUUID()).slice(0, 16)}-00`
const hexOf = (uuid: string): string => uuid.replaceAll('-', '')
const traceIdOf = (trace: string): string => trace.slice(3, 35)

/** Without the query, which may hold tokens. */
export const pathOf = (url: string): string => url.split('?', 1)[0] ?? url

/** The path as it may be written down: what a route calls secret is hidden, and so is all of a path that does not look like its route. */
export function shownPath({ url, routeOptions }: FastifyRequest): string {
  const path = pathOf(url)
  const { config, url: route } = routeOptions
  const secrets = config.secretParams ?? []
  if (secrets.length === 0 || route === undefined) return path
  const [wanted, given] = [route.split('/'), path.split('/')]
  if (wanted.length !== given.length) return route
  return given.map((segment, index) => (secrets.some((name) => wanted[index] === `:${name}`) ? '[redacted]' : segment)).join('/')
}

export function openExchange(request: FastifyRequest, tracing: Tracing | undefined): Exchange {
  const given = incomingTrace(request.headers)
  const span = tracing?.start({
    name: `${request.method} ${request.routeOptions.url ?? 'unmatched'}`,
    kind: 'server',
    parent: given,
    attributes: {
      'http.request.method': request.method,
      'http.route': request.routeOptions.url ?? 'unmatched',
      'url.path': shownPath(request),
      'registry.request_id': request.id,
    },
  })
  const trace = span?.traceparent ?? given ?? newTrace()
  return {
    context: contextOf(request, trace),
    traceId: traceIdOf(trace),
    span,
    body: undefined,
    failure: undefined,
  }
}

function contextOf(request: FastifyRequest, trace: string): RequestContext {
  const { module: door } = request.routeOptions.config
  const userAgent = request.headers['user-agent']
  return {
    ...{ requestId: request.id, trace, actor: null, ip: clientAddress(request) },
    ...(door !== undefined && { door }),
    ...(userAgent !== undefined && { userAgent }),
  }
}

/** The right-most hop that is no trusted proxy (D-20); the peer itself when a proxy reports what is no address. */
function clientAddress(request: FastifyRequest): string | null {
  const [ip, peer] = [request.ip, request.socket?.remoteAddress].map((address) => address?.replace(/^::ffff:(?=\d+\.)/i, ''))
  if (ip !== undefined && isIP(ip) !== 0) return ip
  return peer ?? null
}

import { Socket } from 'node:net'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Cache } from './cache.ts'
import { registerDocs } from './handlers/docs.ts'
import { registerHealth } from './handlers/health.ts'
import { registerMetrics } from './handlers/metrics.ts'
import { collectOpenapi, registerOpenapi } from './handlers/openapi.ts'
import { registerReady } from './handlers/ready.ts'
import { AnswerListeners } from './http-answers.ts'
import { closeAfterAnswer, hasBody, mustClose, RequestBody, unwantedBytes } from './http-body.ts'
import { awaitsContinue, delayContinue, rememberAnswer, sendContinue } from './http-connection.ts'
import { BadExchange, BodyTooLarge, RouteNotFound } from './http-errors.ts'
import { openExchange } from './http-exchange.ts'
import { parseJson } from './http-json.ts'
import { createRateLimits, type RateLimits } from './http-limits.ts'
import { createObserver, type Observer } from './http-observe.ts'
import { fastifyOptions, listenerOptions } from './http-options.ts'
import { answerWithProblem } from './http-problems.ts'
import type { Readiness } from './http-readiness.ts'
import { createRewriting, type UrlRewriting } from './http-rewrite.ts'
import { createSchemaCompilers, type SchemaCompilers } from './http-schemas.ts'
import type { KernelSettings } from './kernel-settings.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import { anonymous } from './principal.ts'
import { withRequestContext } from './request-context.ts'
import type { Tracing } from './tracing.ts'

export interface HttpOptions {
  readonly settings: KernelSettings
  readonly log: Logger
  readonly version: string
  readonly cache: Cache
  readonly metrics: Metrics
  readonly readiness: Readiness
  readonly answers?: AnswerListeners
  readonly tracing?: Tracing | undefined
}

declare module 'fastify' {
  interface FastifyInstance {
    /** What mounting, listening and stopping need again. */
    shell: {
      readonly settings: KernelSettings
      readonly readiness: Readiness
      readonly limits: RateLimits
      readonly compilers: SchemaCompilers
      readonly rewriting: UrlRewriting
      /** Where it listens, for links when no public URL is set. */
      address: string
    }
  }
}

/** The server before modules are mounted: `mountModule` adds them, `listen` opens the port, `closeGracefully` ends it. */
export async function createHttp(options: HttpOptions): Promise<FastifyInstance> {
  const { settings, log, cache, metrics, readiness, answers = new AnswerListeners() } = options
  // The union of http and https instances has no common type in fastify; nothing here depends on the difference.
  const rewriting = createRewriting()
  const http = fastify({
    ...fastifyOptions(settings),
    ...(await listenerOptions(settings)),
    rewriteUrl: rewriting.rewrite,
  }) as unknown as FastifyInstance
  rewriting.watch(http)
  // Every header line is seen and counted; node would drop those over its own limit without a word.
  http.server.maxHeadersCount = 0
  delayContinue(http.server)
  const compilers = createSchemaCompilers()
  http.setValidatorCompiler(compilers.validator)
  http.setSerializerCompiler(compilers.serializer)
  http.decorateRequest('exchange')
  http.decorateRequest('principal')
  openExchanges(http, { observe: createObserver(log, metrics, answers), tracing: options.tracing })
  readBodies(http, settings)
  http.setErrorHandler(answerWithProblem({}))
  http.setNotFoundHandler(() => Promise.reject(new RouteNotFound()))
  const limits = await createRateLimits(http, { cache, maxPerMinute: settings.rateLimitMax })
  http.decorate('shell', { settings, readiness, limits, compilers, rewriting, address: `http://${settings.host}:${settings.port}` })
  await collectOpenapi(http, options.version)
  registerHealth(http, options.version)
  registerReady(http, readiness)
  registerMetrics(http, metrics)
  registerOpenapi(http)
  registerDocs(http)
  return http
}

const maxHeaderLines = 100

function openExchanges(http: FastifyInstance, { observe, tracing }: { observe: Observer; tracing: Tracing | undefined }): void {
  http.addHook('onRequest', (request, reply, done) => {
    request.exchange = openExchange(request, tracing)
    request.principal = anonymous
    rememberAnswer(request.raw, reply.raw)
    observe(request, reply)
    reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
    // Some clients name a type with every request; of no body it means nothing.
    if (request.method === 'DELETE' && !hasBody(request.headers)) delete request.headers['content-type']
    withRequestContext(request.exchange.context, () => done(objection(request)))
  })
}

/** Why a request goes no further, before anybody asks who sends it; nothing of its body is read for it. */
function objection({ raw, url, is404 }: FastifyRequest): Error | undefined {
  if (raw.rawHeaders.length > 2 * maxHeaderLines)
    return new BadExchange(431, 'request.too_many_headers', 'there are more than 100 header lines')
  if (countHosts(raw.rawHeaders) > 1) return new BadExchange(400, 'request.malformed', 'there is more than one Host')
  if (url.includes('%00')) return new BadExchange(400, 'request.invalid_url', 'the URL holds a NUL')
  return is404 ? new RouteNotFound() : undefined
}

/** Of every request: names stand at the even places. */
function countHosts(rawHeaders: readonly string[]): number {
  let found = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]
    if (name?.length === 4 && name.toLowerCase() === 'host') found += 1
  }
  return found
}

function readBodies(http: FastifyInstance, { bodyIdleTimeoutMs: idleMs }: KernelSettings): void {
  http.removeAllContentTypeParsers()
  const jsonTypes = [/^application\/json\b/, /^application\/[\w.-]+\+json\b/]
  for (const type of jsonTypes) http.addContentTypeParser(type, { parseAs: 'buffer' }, readJson)
  http.addHook('preParsing', async (request, reply, payload) => {
    if (!hasBody(request.headers) && !request.routeOptions.config.rawBody) return payload
    const maxBytes = maxBytesOf(request)
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw new BodyTooLarge()
    const onStart = (): void => sendContinue(request.raw, reply.raw)
    const body = new RequestBody(request.raw, { idleMs, maxBytes, onStart })
    request.exchange.body = body
    reply.raw.once('close', () => body.destroy())
    return body
  })
  http.addHook('onSend', async (request, reply, payload) => {
    if (mustClose(request.raw, request.exchange.body, awaitsContinue(request.raw))) {
      reply.header('connection', 'close')
      closeAfterAnswer(request.raw)
    }
    // A reader that takes nothing for so long is gone; the time a handler needs before its first byte is its own.
    if (request.raw.socket instanceof Socket) request.raw.socket.setTimeout(idleMs)
    return payload
  })
}

/** What a route names for itself; otherwise little from strangers, and from others what its parser takes. */
const maxBytesOf = ({ routeOptions, principal }: FastifyRequest): number =>
  routeOptions.config.ownBodyLimit ?? (principal.userId === undefined ? unwantedBytes : Number.POSITIVE_INFINITY)

async function readJson(request: FastifyRequest, bytes: Buffer): Promise<unknown> {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') throw new BadExchange(415, 'request.unsupported_encoding', 'the body must not be compressed')
  return bytes.length === 0 ? undefined : parseJson(bytes)
}

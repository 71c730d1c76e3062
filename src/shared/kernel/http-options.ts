import { readFile } from 'node:fs/promises'
import type { ServerOptions } from 'node:http'
import { type FastifyError, type FastifyReply, type FastifyRequest, type FastifyServerOptions, LogController } from 'fastify'
import { refuseMalformed } from './http-connection.ts'
import { requestIdOf } from './http-exchange.ts'
import { answerBadUrl } from './http-problems.ts'
import type { KernelSettings } from './kernel-settings.ts'

/** Of one segment of the path; artifact names and digests fit well inside. */
const maxParamLength = 1_024
const maxHeaderBytes = 16_384

/** One line per request is written by the kernel; what fastify would log beside it becomes part of that line. */
class IntoOneLine extends LogController {
  constructor() {
    super({ disableRequestLogging: true })
  }
  override streamError(error: NodeJS.ErrnoException, request: FastifyRequest): void {
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') request.exchange.failure = error
  }
  override serializerError(error: Error, request: FastifyRequest): void {
    request.exchange.failure = error
  }
}

/** Options of the listener itself; rejects when a TLS file cannot be read. */
export async function listenerOptions(settings: KernelSettings) {
  const http: ServerOptions = {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: settings.headersTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, settings.headersTimeoutMs),
    requestTimeout: 0,
    insecureHTTPParser: false,
  }
  if (settings.tlsCert === '') return { http }
  const [cert, key] = await Promise.all([readFile(settings.tlsCert), readFile(settings.tlsKey)])
  return { https: { ...http, cert, key } }
}

export const fastifyOptions = (settings: KernelSettings) =>
  ({
    logController: new IntoOneLine(),
    routerOptions: { maxParamLength },
    bodyLimit: settings.jsonBodyLimit,
    keepAliveTimeout: settings.keepAliveTimeoutMs,
    requestTimeout: 0,
    trustProxy: settings.trustedProxies.length > 0 ? settings.trustedProxies : false,
    // Requests on open connections are still answered while the process stops.
    return503OnClosing: false,
    genReqId: requestIdOf,
    clientErrorHandler: refuseMalformed,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => answerBadUrl(error, request, reply),
  }) satisfies FastifyServerOptions

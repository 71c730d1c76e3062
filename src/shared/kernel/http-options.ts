import { readFile } from 'node:fs/promises'
import type { ServerOptions } from 'node:http'
import { createSecureContext } from 'node:tls'
import { type FastifyError, type FastifyReply, type FastifyRequest, type FastifyServerOptions, LogController } from 'fastify'
import { refuseMalformed } from './http-connection.ts'
import { requestIdOf } from './http-exchange.ts'
import { answerBadUrl } from './http-problems.ts'
import type { KernelSettings } from './kernel-settings.ts'
import { InvalidSettings, type SettingProblem } from './settings.ts'

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

/**
 * Options of the listener itself.
 *
 * @throws InvalidSettings when a TLS file cannot be read, or the two are no certificate with its key.
 */
export async function listenerOptions(settings: KernelSettings) {
  const http: ServerOptions = {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: settings.headersTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, settings.headersTimeoutMs),
    requestTimeout: 0,
    insecureHTTPParser: false,
  }
  if (settings.tlsCert === '') return { http }
  return { https: { ...http, ...(await readTlsFiles(settings)) } }
}

async function readTlsFiles({ tlsCert, tlsKey }: KernelSettings) {
  const problems: SettingProblem[] = []
  const found = (path: string, variable: string, expected: string) => problems.push({ owner: 'kernel', path, expected, variable })
  const read = async (path: string, variable: string, file: string) =>
    readFile(file).catch((error: NodeJS.ErrnoException) => void found(path, variable, `${file} cannot be read: ${error.code}`))
  const [cert, key] = await Promise.all([read('/tlsCert', 'REGISTRY_TLS_CERT', tlsCert), read('/tlsKey', 'REGISTRY_TLS_KEY', tlsKey)])
  if (cert === undefined || key === undefined) throw new InvalidSettings(problems)
  try {
    createSecureContext({ cert, key })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    found('/tlsCert', 'REGISTRY_TLS_CERT, REGISTRY_TLS_KEY', `${tlsCert} and ${tlsKey} are no certificate with its key: ${reason}`)
    throw new InvalidSettings(problems)
  }
  return { cert, key }
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

import type { FastifyReply, FastifyRequest } from 'fastify'
import { isDomainError } from '../errors/domain-error.ts'
import { type Problem, toProblem } from '../errors/problem.ts'
import { inOurWords } from './http-errors.ts'
import { requestIdOf } from './http-exchange.ts'
import type { HttpMount } from './http-mount.ts'

const problemType = 'application/problem+json'

/** The body of RFC 9457 with the members of design.md §5 decision 11. */
export const problemDocument = ({ retryAfterSeconds: _header, ...problem }: Problem, requestId: string): string =>
  JSON.stringify({ ...problem, timestamp: new Date().toISOString(), requestId })

/** Both ways to authenticate that every door knows. */
const defaultChallenges = ['Basic realm="gati", charset="UTF-8"', 'Bearer realm="gati"']

const refusing: ReadonlySet<number> = new Set([401, 403, 429])

type Rendering = Pick<HttpMount, 'renderError' | 'challenge'>

/** Error handler of one mount: problem documents, or the native form of its door. */
export const answerWithProblem =
  ({ renderError, challenge }: Rendering) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply): unknown => {
    const problem = toProblem(inOurWords(error))
    if (problem.status >= 500) request.exchange.failure = error
    if (refusing.has(problem.status)) request.exchange.refusal = problem.code
    if (problem.status === 401 && !reply.hasHeader('www-authenticate'))
      reply.header('www-authenticate', challengeOf(error) ?? challenge?.(request) ?? defaultChallenges)
    if (problem.status === 408) reply.header('connection', 'close')
    reply.code(problem.status).headers(retryAfter(problem))
    if (renderError) return renderError(problem, reply, request)
    return reply.type(problemType).send(problemDocument(problem, request.id))
  }

const challengeOf = (error: unknown): string | undefined => (isDomainError(error) ? error.challenge : undefined)

const retryAfter = ({ retryAfterSeconds }: Problem): Record<string, string> =>
  retryAfterSeconds === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterSeconds)) }

/** For requests that never reach a route (bad percent-encoding, over-long segments): the hooks do not run for them. */
export function answerBadUrl(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const problem = toProblem(inOurWords(error))
  reply
    .code(problem.status)
    .header('x-request-id', request.id)
    .header('x-content-type-options', 'nosniff')
    .header('connection', 'close')
    .type(problemType)
    .send(problemDocument(problem, request.id))
}

const badMessages: Readonly<Record<string, Pick<Problem, 'status' | 'code' | 'message'>>> = {
  HPE_HEADER_OVERFLOW: { status: 431, code: 'request.headers_too_large', message: 'the headers are too large' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, code: 'request.too_large', message: 'the chunk extensions are too large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, code: 'request.headers_timeout', message: 'the headers took too long' },
}
const malformed = { status: 400, code: 'request.malformed', message: 'this is not well-formed HTTP/1.1' }

/** A whole HTTP/1.1 answer for bytes that are no request (D-26); the connection ends with it. */
export function malformedRequestAnswer(parserCode: string): string {
  const { status, code, message } = badMessages[parserCode] ?? malformed
  const requestId = requestIdOf({ headers: {} })
  const problem: Problem = { type: `urn:registry:${code}`, title: message, status, code, message, details: {}, suggestions: [] }
  const body = problemDocument(problem, requestId)
  return [
    `HTTP/1.1 ${status} ${status === 400 ? 'Bad Request' : 'Error'}`,
    'connection: close',
    'x-content-type-options: nosniff',
    `x-request-id: ${requestId}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { nameOf } from './http-access.ts'
import type { AnswerListeners } from './http-answers.ts'
import { shownPath } from './http-exchange.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import { RequestMetrics } from './request-metrics.ts'

/** Called for every request; counts, logs and ends the span when its answer is through or the client is gone. */
export type Observer = (request: FastifyRequest, reply: FastifyReply) => void

/** As others write it: nobody was there any more to whom it could have been answered. */
const clientGone = 499

/** The status that was sent, or that none was. */
const statusOf = ({ raw }: FastifyReply): number => (raw.headersSent ? raw.statusCode : clientGone)

export function createObserver(log: Logger, metrics: Metrics, answers: AnswerListeners): Observer {
  const measured = new RequestMetrics(metrics)
  return (request, reply) => {
    const startedAt = performance.now()
    measured.begin()
    const settle = (): void => {
      reply.raw.off('finish', settle).off('close', settle)
      const durationMs = performance.now() - startedAt
      const status = statusOf(reply)
      measured.end(request, status, durationMs / 1_000)
      const { module, quiet } = request.routeOptions.config
      if (!quiet) answers.tell({ module, status })
      endSpan(request, status)
      logRequest(log, { request, reply, status, durationMs })
    }
    reply.raw.on('finish', settle).on('close', settle)
  }
}

function endSpan({ exchange, principal }: FastifyRequest, status: number): void {
  exchange.span?.end({
    attributes: { 'http.response.status_code': status, ...(principal.username && { 'user.name': principal.username }) },
    error: status >= 500 ? (exchange.failure ?? new Error('failed')) : undefined,
  })
}

interface Finished {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly status: number
  readonly durationMs: number
}

function logRequest(log: Logger, { request, reply: { raw }, status, durationMs }: Finished): void {
  const { exchange, principal, routeOptions } = request
  const fields = {
    requestId: request.id,
    traceId: exchange.traceId,
    method: request.method,
    path: shownPath(request).slice(0, 2_048),
    status,
    durationMs: Math.round(durationMs * 1_000) / 1_000,
    user: nameOf(principal),
    ip: exchange.context.ip,
    ...(!raw.writableFinished && { aborted: true }),
    ...(exchange.failure !== undefined && { err: exchange.failure }),
  }
  if (status >= 500 || exchange.failure !== undefined) log.error(fields, 'request failed')
  else if (routeOptions.config.quiet) log.debug(fields, 'request')
  else log.info(fields, 'request')
}

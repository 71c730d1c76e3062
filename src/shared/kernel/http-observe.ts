import type { FastifyReply, FastifyRequest } from 'fastify'
import { nameOf } from './http-access.ts'
import type { AnswerListeners } from './http-answers.ts'
import { shownPath } from './http-exchange.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'

/** Called for every request; counts, logs and ends the span when its answer is through or the client is gone. */
export type Observer = (request: FastifyRequest, reply: FastifyReply) => void

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300]

export function createObserver(log: Logger, metrics: Metrics, answers: AnswerListeners): Observer {
  const labelNames = ['method', 'route', 'status'] as const
  const total = metrics.counter({ name: 'registry_http_requests_total', help: 'Answered requests.', labelNames })
  const durations = metrics.histogram({
    name: 'registry_http_request_duration_seconds',
    help: 'From the first header to the last byte of the answer.',
    labelNames: ['method', 'route'],
    buckets,
  })
  const inFlight = metrics.gauge({ name: 'registry_http_requests_in_flight', help: 'Requests without a complete answer.' })
  return (request, reply) => {
    const startedAt = performance.now()
    inFlight.inc()
    const settle = (): void => {
      reply.raw.off('finish', settle).off('close', settle)
      const durationMs = performance.now() - startedAt
      const { method } = request
      const route = request.routeOptions.url ?? 'unmatched'
      inFlight.dec()
      total.inc({ method, route, status: reply.raw.statusCode })
      durations.observe({ method, route }, durationMs / 1_000)
      const { module, quiet } = request.routeOptions.config
      if (!quiet) answers.tell({ module, status: reply.raw.statusCode })
      endSpan(request, reply)
      logRequest(log, { request, reply, durationMs })
    }
    reply.raw.on('finish', settle).on('close', settle)
  }
}

function endSpan({ exchange, principal }: FastifyRequest, { raw }: FastifyReply): void {
  exchange.span?.end({
    attributes: { 'http.response.status_code': raw.statusCode, ...(principal.username && { 'user.name': principal.username }) },
    error: raw.statusCode >= 500 ? (exchange.failure ?? new Error('failed')) : undefined,
  })
}

interface Finished {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly durationMs: number
}

function logRequest(log: Logger, { request, reply: { raw }, durationMs }: Finished): void {
  const { exchange, principal, routeOptions } = request
  const fields = {
    requestId: request.id,
    traceId: exchange.traceId,
    method: request.method,
    path: shownPath(request).slice(0, 2_048),
    status: raw.statusCode,
    durationMs: Math.round(durationMs * 1_000) / 1_000,
    user: nameOf(principal),
    ip: exchange.context.ip,
    ...(!raw.writableFinished && { aborted: true }),
    ...(exchange.failure !== undefined && { err: exchange.failure }),
  }
  if (raw.statusCode >= 500 || exchange.failure !== undefined) log.error(fields, 'request failed')
  else if (routeOptions.config.quiet) log.debug(fields, 'request')
  else log.info(fields, 'request')
}

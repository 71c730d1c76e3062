import type { FastifyRequest } from 'fastify'
import type { Metrics } from './metrics.ts'
import { SocketTraffic } from './socket-traffic.ts'

// 0.1 and 0.2 s are what search and the rest promise to stay below.
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300]

/** Requests and their answers in numbers. Labels come from routes and codes of problems, never from what a client wrote. */
export class RequestMetrics {
  readonly #total
  readonly #durations
  readonly #inFlight
  readonly #refusals
  readonly #traffic: SocketTraffic

  constructor(metrics: Metrics) {
    const { counter, gauge, histogram } = metrics
    this.#total = counter({
      name: 'registry_http_requests_total',
      help: 'Answered requests.',
      labelNames: ['method', 'route', 'status'],
    })
    this.#durations = histogram({
      name: 'registry_http_request_duration_seconds',
      help: 'From the first header to the last byte of the answer.',
      labelNames: ['method', 'route'],
      buckets,
    })
    this.#inFlight = gauge({ name: 'registry_http_requests_in_flight', help: 'Requests without a complete answer.' })
    this.#refusals = counter({
      name: 'registry_http_refusals_total',
      help: 'Answers 401, 403 and 429 by the code of their problem. auth.required is the first step of most clients.',
      labelNames: ['status', 'code'],
    })
    this.#traffic = new SocketTraffic(metrics)
  }

  begin(): void {
    this.#inFlight.inc()
  }

  end({ method, routeOptions, exchange, raw: { socket } }: FastifyRequest, status: number, seconds: number): void {
    const route = routeOptions.url ?? 'unmatched'
    this.#inFlight.dec()
    this.#total.inc({ method, route, status })
    this.#durations.observe({ method, route }, seconds)
    if (exchange.refusal !== undefined) this.#refusals.inc({ status, code: exchange.refusal })
    this.#traffic.note(socket, routeOptions.config.module ?? 'kernel')
  }
}

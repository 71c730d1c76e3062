import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../metrics.ts'

export function registerMetrics(http: FastifyInstance, metrics: Metrics): void {
  http.get('/metrics', {
    config: { auth: 'anonymous', quiet: true },
    schema: { summary: 'Numbers for Prometheus', tags: ['operations'], security: [], produces: ['text/plain'] },
    handler: async (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics.render()),
  })
}

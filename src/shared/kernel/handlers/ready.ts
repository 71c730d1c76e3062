import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import type { Readiness } from '../http-readiness.ts'

const Check = Type.Object({ status: Type.String({ enum: ['up', 'down', 'pending'] }), reason: Type.Optional(Type.String()) })
const Report = Type.Object({
  status: Type.String({ enum: ['ready', 'degraded', 'unavailable', 'starting', 'stopping'] }),
  checks: Type.Record(Type.String(), Check),
})

/** Whether this process should get traffic: 503 while it cannot do without what is down, and while it starts or stops. */
export function registerReady(http: FastifyInstance, readiness: Readiness): void {
  http.get('/ready', {
    config: { auth: 'anonymous', quiet: true },
    schema: { summary: 'Can it serve?', tags: ['operations'], security: [], response: { 200: Report, 503: Report } },
    handler: async (_request, reply) => {
      const report = await readiness.report()
      return reply
        .code(report.status === 'ready' || report.status === 'degraded' ? 200 : 503)
        .header('cache-control', 'no-store')
        .send(report)
    },
  })
}

import { type Static, Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'

const Health = Type.Object({
  status: Type.Literal('ok'),
  service: Type.String(),
  version: Type.String(),
  timestamp: Type.String({ format: 'date-time' }),
})

export const healthReport = (version: string): Static<typeof Health> => ({
  status: 'ok',
  service: 'gati-registry',
  version,
  timestamp: new Date().toISOString(),
})

/** Whether the process lives; asks no dependency (D-19). */
export function registerHealth(http: FastifyInstance, version: string): void {
  http.get('/health', {
    config: { auth: 'anonymous', quiet: true },
    schema: { summary: 'Is the process alive?', tags: ['operations'], security: [], response: { 200: Health } },
    handler: async () => healthReport(version),
  })
}

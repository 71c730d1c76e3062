import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { ArtifactNameSchema } from '../../../../shared/types/artifact-name.ts'
import { ArtifactFormatSchema } from '../../../../shared/types/artifact-type.ts'
import { CursorSchema } from '../../../../shared/types/cursor.ts'
import { NamespaceSchema } from '../../../../shared/types/namespace-name.ts'
import { pageSchema } from '../../../../shared/types/page.ts'
import { LoggedFactView } from '../../log.contract.ts'
import { LogProofs } from '../log-proofs.service.ts'

export const listLogEntries = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/log/entries',
  auth: 'anonymous',
  summary: 'Everything the log has about an artifact, newest first, with the salts that open its entries',
  tags: ['log'],
  schema: {
    params: Type.Object({ namespace: NamespaceSchema, name: ArtifactNameSchema }),
    querystring: Type.Object({
      format: Type.Optional({ ...ArtifactFormatSchema, description: 'Needed only when several artifacts of this name differ in format.' }),
      cursor: Type.Optional(CursorSchema),
      limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }),
    }),
    response: { 200: pageSchema(LoggedFactView) },
  },
  deps: { logProofs: LogProofs },
  async handle({ principal, params, query: { format, limit, cursor } }, { logProofs }, reply) {
    reply.header('cache-control', 'private, no-cache')
    return logProofs.list(principal, { ...params, ...(format && { format }) }, { limit, ...(cursor !== undefined && { cursor }) })
  },
})

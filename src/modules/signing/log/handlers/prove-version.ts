import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { ArtifactNameSchema } from '../../../../shared/types/artifact-name.ts'
import { ArtifactFormatSchema } from '../../../../shared/types/artifact-type.ts'
import { NamespaceSchema } from '../../../../shared/types/namespace-name.ts'
import { ProofView } from '../../log.contract.ts'
import { LogProofs } from '../log-proofs.service.ts'

export const proveVersion = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/log',
  auth: 'anonymous',
  summary: 'Proof that a version or tag is in the log, and all that is needed to check it offline',
  tags: ['log'],
  schema: {
    params: Type.Object({ namespace: NamespaceSchema, name: ArtifactNameSchema }),
    querystring: Type.Object({
      version: Type.String({ minLength: 1, maxLength: 128, description: 'An exact version, or a tag.' }),
      format: Type.Optional({ ...ArtifactFormatSchema, description: 'Needed only when several artifacts of this name differ in format.' }),
    }),
    response: { 200: ProofView },
  },
  deps: { logProofs: LogProofs },
  async handle({ principal, params, query: { version, format } }, { logProofs }, reply) {
    reply.header('cache-control', 'private, no-cache')
    return logProofs.find(principal, { ...params, ...(format && { format }) }, version)
  },
})

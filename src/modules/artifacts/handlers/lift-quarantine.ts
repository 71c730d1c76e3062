import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { FormatQuery } from '../names.ts'
import { QuarantineDesk } from '../quarantine-desk.service.ts'
import { WantedVersion, wantedManifest } from '../wanted-manifest.ts'

export const liftQuarantine = defineHandler({
  method: 'DELETE',
  url: '/v1/artifacts/:namespace/:name/-/quarantine',
  auth: 'admin',
  summary: 'Take back a quarantine that was put here by hand',
  tags: ['artifacts'],
  schema: {
    params: ArtifactParams,
    querystring: Type.Object({ ...FormatQuery.properties, ...WantedVersion.properties }),
    response: { 204: Type.Null({ description: 'Done.' }) },
  },
  deps: { desk: QuarantineDesk },
  async handle(request, { desk }, reply) {
    await desk.open(request.principal, refOf(request), wantedManifest(request.query))
    return reply.code(204).send()
  },
})

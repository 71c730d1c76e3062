import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { DigestSchema } from '../../../shared/types/digest.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { FormatQuery } from '../names.ts'
import { QuarantineDesk } from '../quarantine-desk.service.ts'
import { WantedVersion, wantedManifest } from '../wanted-manifest.ts'

export const quarantineManifest = defineHandler({
  method: 'POST',
  url: '/v1/artifacts/:namespace/:name/-/quarantine',
  auth: 'admin',
  summary: 'Let nobody have a manifest or version any more, until it is taken back',
  tags: ['artifacts'],
  schema: {
    params: ArtifactParams,
    querystring: FormatQuery,
    body: Type.Object(
      { ...WantedVersion.properties, reason: Type.String({ minLength: 1, maxLength: 1_000 }) },
      { additionalProperties: false, description: 'Either `digest` or `version`.' },
    ),
    response: { 200: Type.Object({ digest: DigestSchema, reason: Type.String() }) },
  },
  deps: { desk: QuarantineDesk },
  async handle(request, { desk }) {
    const { reason, ...body } = request.body
    const digest = await desk.close(request.principal, refOf(request), { wanted: wantedManifest(body), reason })
    return { digest, reason }
  },
})

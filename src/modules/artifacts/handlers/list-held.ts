import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { HeldPublication } from '../../metadata/publications.contract.ts'
import { FormatQuery } from '../names.ts'
import { QuarantineDesk } from '../quarantine-desk.service.ts'

export const listHeld = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/held',
  auth: 'publish',
  summary: 'What was pushed and waits for its names, newest first; a thousand at most',
  tags: ['artifacts'],
  schema: {
    params: ArtifactParams,
    querystring: FormatQuery,
    response: { 200: Type.Object({ items: Type.Array(HeldPublication) }) },
  },
  deps: { desk: QuarantineDesk },
  handle: async (request, { desk }) => ({ items: [...(await desk.held(request.principal, refOf(request)))] }),
})

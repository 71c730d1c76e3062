import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { FormatQuery } from '../route-schemas.ts'
import { TransformRequest, Transforms, TransformView } from '../transform-views.ts'

/** 1 MiB of payload, and what stands around it. */
const maxBodyBytes = 1_052_672

export const transformPayload = defineHandler({
  method: 'POST',
  url: '/v1/artifacts/:namespace/:name/-/transform',
  auth: 'anonymous',
  summary: 'A payload of one version as another version takes it',
  tags: ['timescape'],
  rateLimit: { max: 120, windowMs: 60_000 },
  bodyLimit: maxBodyBytes,
  schema: { params: ArtifactParams, querystring: FormatQuery, body: TransformRequest, response: { 200: TransformView } },
  deps: { transforms: Transforms },
  handle: (request, { transforms }) => transforms.transform(request.principal, refOf(request), request.body),
})

import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { FormatQuery } from '../route-schemas.ts'
import { TransformerView, Transforms } from '../transform-views.ts'

export const listTransformers = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/transformers',
  auth: 'anonymous',
  summary: 'Transformers that lead between versions of an artifact',
  tags: ['timescape'],
  schema: { params: ArtifactParams, querystring: FormatQuery, response: { 200: Type.Array(TransformerView) } },
  deps: { transforms: Transforms },
  handle: (request, { transforms }) => transforms.list(request.principal, refOf(request)),
})

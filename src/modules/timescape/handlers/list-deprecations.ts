import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { FormatQuery } from '../route-schemas.ts'
import { DeprecationView, VersionNotes } from '../views.ts'

export const listDeprecations = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/deprecations',
  auth: 'anonymous',
  summary: 'Versions that are deprecated, until when, and what to take instead',
  tags: ['timescape'],
  schema: { params: ArtifactParams, querystring: FormatQuery, response: { 200: Type.Array(DeprecationView) } },
  deps: { notes: VersionNotes },
  handle: (request, { notes }) => notes.deprecations(request.principal, refOf(request)),
})

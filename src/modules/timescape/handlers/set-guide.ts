import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { refOf } from '../../metadata/artifact-request.contract.ts'
import { EdgeParams, FormatQuery } from '../route-schemas.ts'
import { GuideView, VersionNotes } from '../views.ts'

const Guide = Type.Object(
  { body: Type.String({ minLength: 1, maxLength: 100_000, description: 'Markdown.' }) },
  { additionalProperties: false },
)

export const setGuide = defineHandler({
  method: 'PUT',
  url: '/v1/artifacts/:namespace/:name/-/guides/:from/:to',
  auth: 'publish',
  summary: 'Write the migration guide from one version to another',
  tags: ['timescape'],
  schema: { params: EdgeParams, querystring: FormatQuery, body: Guide, response: { 200: GuideView } },
  deps: { notes: VersionNotes },
  handle: (request, { notes }) => notes.setGuide(request.principal, refOf(request), { ...request.params, ...request.body }),
})

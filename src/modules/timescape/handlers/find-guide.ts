import { defineHandler } from '../../../shared/kernel/handler.ts'
import { refOf } from '../../metadata/artifact-request.contract.ts'
import { EdgeParams, FormatQuery } from '../route-schemas.ts'
import { GuideView, VersionNotes } from '../views.ts'

export const findGuide = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/guides/:from/:to',
  auth: 'anonymous',
  summary: 'The migration guide from one version to another',
  tags: ['timescape'],
  schema: { params: EdgeParams, querystring: FormatQuery, response: { 200: GuideView } },
  deps: { notes: VersionNotes },
  handle: (request, { notes }) => notes.guide(request.principal, refOf(request), request.params),
})

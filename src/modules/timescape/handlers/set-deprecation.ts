import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { refOf } from '../../metadata/artifact-request.contract.ts'
import { FormatQuery, VersionParams } from '../route-schemas.ts'
import { DeprecationView, VersionNotes } from '../views.ts'

const storable = '^[^\\u0000]*$'
const Note = Type.Object(
  {
    reason: Type.String({ minLength: 1, maxLength: 1_000, pattern: storable }),
    sunset: Type.Optional(Type.String({ format: 'date-time', maxLength: 40, description: 'From when on it may go away.' })),
    suggestion: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000, pattern: storable, description: 'What to take instead.' })),
  },
  { additionalProperties: false },
)

export const setDeprecation = defineHandler({
  method: 'PUT',
  url: '/v1/artifacts/:namespace/:name/-/deprecations/:version',
  auth: 'publish',
  summary: 'Deprecate a version with a date and a suggestion',
  tags: ['timescape'],
  schema: { params: VersionParams, querystring: FormatQuery, body: Note, response: { 200: DeprecationView } },
  deps: { notes: VersionNotes },
  handle: (request, { notes }) => notes.deprecate(request.principal, refOf(request), { version: request.params.version, ...request.body }),
})

import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { Resolution, ResolutionView } from '../resolve/resolution.service.ts'
import { FormatQuery } from '../route-schemas.ts'

const Text = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 256, description }))
const Query = Type.Object({
  ...FormatQuery.properties,
  version: Text('A version, a tag, a range, a timestamp or a tsv id.'),
  tag: Text('A tag.'),
  range: Text('A range of versions, such as ^1.2.0.'),
  tsv: Text('A tsv id of the graph.'),
  timestamp: Text('The newest version at this instant: ISO 8601, seconds or milliseconds.'),
  asOf: Text('What the rest of the query meant at this instant.'),
})

export const resolveVersion = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/resolve',
  auth: 'anonymous',
  summary: 'The version that a name, range, instant or tsv id means, now or at another time',
  tags: ['timescape'],
  schema: { params: ArtifactParams, querystring: Query, response: { 200: ResolutionView } },
  deps: { resolution: Resolution },
  handle: (request, { resolution }) => {
    const { format: _format, ...query } = request.query
    return resolution.resolve(request.principal, refOf(request), query)
  },
})

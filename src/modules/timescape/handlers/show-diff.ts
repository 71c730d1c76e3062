import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { readableDiff } from '../diff/readable-diff.ts'
import { EdgeQuery } from '../route-schemas.ts'
import { DiffView, GraphReading } from '../views.ts'

export const showDiff = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/diff',
  auth: 'anonymous',
  summary: 'What changed between two versions, as JSON or, with Accept: text/plain, as a text',
  tags: ['timescape'],
  rateLimit: { max: 120, windowMs: 60_000 },
  schema: { params: ArtifactParams, querystring: EdgeQuery, response: { 200: DiffView } },
  deps: { reading: GraphReading },
  handle: async (request, { reading }, reply) => {
    const diff = await reading.diff(request.principal, refOf(request), request.query)
    reply.header('vary', 'accept')
    if (!/^text\/plain\b/i.test(request.headers.accept?.trim() ?? '')) return diff
    // Bytes pass the serializer of JSON by.
    return reply.type('text/plain; charset=utf-8').send(Buffer.from(readableDiff(diff)))
  },
})

import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { refOf } from '../../metadata/artifact-request.contract.ts'
import { Catalog } from '../../metadata/contract.ts'
import { FormatQuery, VersionParams } from '../names.ts'

export const unpublishVersion = defineHandler({
  method: 'DELETE',
  url: '/v1/artifacts/:namespace/:name/:version',
  // What waits may be taken back by whoever publishes; the rest is decided where the version is known.
  auth: 'publish',
  summary: 'Remove a version within 72 hours; its name stays taken, unless it was pending',
  tags: ['artifacts'],
  schema: { params: VersionParams, querystring: FormatQuery, response: { 204: Type.Null({ description: 'Done.' }) } },
  deps: { catalog: Catalog },
  async handle(request, { catalog }, reply) {
    await catalog.unpublish(request.principal, refOf(request), request.params.version)
    return reply.code(204).send()
  },
})

import { defineHandler } from '../../../shared/kernel/handler.ts'
import { isBeginning } from '../../../shared/types/byte-range.ts'
import { refOf } from '../../metadata/artifact-request.contract.ts'
import { Downloads } from '../downloads.service.ts'
import { FormatQuery, VersionParams } from '../names.ts'
import { RangeHeaders, sendBlob, sendManifest } from '../send-blob.ts'

export const fetchVersion = defineHandler({
  method: ['GET', 'HEAD'],
  url: '/v1/artifacts/:namespace/:name/:version',
  auth: 'anonymous',
  summary: 'The bytes of a version or tag; the manifest when it consists of several files or none',
  tags: ['artifacts'],
  schema: { params: VersionParams, querystring: FormatQuery, headers: RangeHeaders },
  deps: { downloads: Downloads },
  async handle(request, { downloads }, reply) {
    const { version, content } = await downloads.version(request.principal, refOf(request), request.params.version)
    reply.header('x-artifact-version', version.version)
    if ('blob' in content) await sendBlob(request, reply, { blob: content.blob, as: content })
    else await sendManifest(request, reply, content)
    if (request.method === 'GET' && isBeginning(reply.statusCode, request.headers.range)) downloads.count(version)
    return reply
  },
})

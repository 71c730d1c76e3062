import { defineHandler } from '../../../shared/kernel/handler.ts'
import { refOf } from '../../metadata/artifact-request.contract.ts'
import { Downloads } from '../downloads.service.ts'
import { DigestParams, FormatQuery } from '../names.ts'
import { RangeHeaders, sendBlob } from '../send-blob.ts'

export const fetchBlob = defineHandler({
  method: ['GET', 'HEAD'],
  url: '/v1/artifacts/:namespace/:name/-/blobs/:digest',
  auth: 'anonymous',
  summary: 'A blob that the artifact links',
  tags: ['artifacts'],
  schema: { params: DigestParams, querystring: FormatQuery, headers: RangeHeaders },
  deps: { downloads: Downloads },
  async handle(request, { downloads }, reply) {
    const blob = await downloads.blob(request.principal, refOf(request), request.params.digest)
    return sendBlob(request, reply, { blob, as: { mediaType: 'application/octet-stream' } })
  },
})

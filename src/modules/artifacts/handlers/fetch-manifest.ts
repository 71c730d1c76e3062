import { defineHandler } from '../../../shared/kernel/handler.ts'
import { refOf } from '../../metadata/artifact-request.contract.ts'
import { Downloads } from '../downloads.service.ts'
import { DigestParams, FormatQuery } from '../names.ts'
import { ConditionalHeaders, sendManifest } from '../send-blob.ts'

export const fetchManifest = defineHandler({
  method: ['GET', 'HEAD'],
  url: '/v1/artifacts/:namespace/:name/-/manifests/:digest',
  auth: 'anonymous',
  summary: 'A manifest that the artifact links',
  tags: ['artifacts'],
  schema: { params: DigestParams, querystring: FormatQuery, headers: ConditionalHeaders },
  deps: { downloads: Downloads },
  async handle(request, { downloads }, reply) {
    return sendManifest(request, reply, await downloads.manifest(request.principal, refOf(request), request.params.digest))
  },
})

import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Catalog } from '../../../metadata/contract.ts'
import { Packuments } from '../../../packuments/contract.ts'
import { packageRef } from '../../package-ref.ts'
import { sendUpstreamDocument } from '../../upstream/send-upstream.ts'
import { NpmUpstreams } from '../../upstream/upstreams.ts'
import { sendPackument } from '../send-packument.ts'

export const fetchPackument = defineHandler({
  method: ['GET', 'HEAD'],
  url: '/:package',
  auth: 'anonymous',
  summary: 'The document of a package; abbreviated for who accepts `application/vnd.npm.install-v1+json`',
  tags: ['npm'],
  schema: { params: Type.Object({ package: Type.String() }), querystring: Type.Object({ write: Type.Optional(Type.String()) }) },
  deps: { catalog: Catalog, packuments: Packuments, upstreams: NpmUpstreams },
  async handle(request, { catalog, packuments, upstreams }, reply) {
    const elsewhere = upstreams.any ? await upstreams.sourceOf(request.principal, request.params.package) : undefined
    if (elsewhere) return sendUpstreamDocument({ upstreams, ...elsewhere }, { request, reply })
    const ref = packageRef(request.params.package)
    const located = await catalog.locate(request.principal, ref, 'read')
    return sendPackument(packuments, located, { request, reply })
  },
})

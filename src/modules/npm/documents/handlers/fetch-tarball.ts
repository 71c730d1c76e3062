import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { isBeginning } from '../../../../shared/types/byte-range.ts'
import { RangeHeaders } from '../../../artifacts/send-blob.ts'
import { Catalog } from '../../../metadata/contract.ts'
import { VersionNotFound } from '../../../metadata/errors.ts'
import { Packuments } from '../../../packuments/contract.ts'
import { packageRef } from '../../package-ref.ts'
import { sendUpstreamTarball } from '../../upstream/send-upstream.ts'
import { NpmUpstreams } from '../../upstream/upstreams.ts'
import { immutable } from '../cache-control.ts'
import { sendTarball } from '../send-tarball.ts'

export const fetchTarball = defineHandler({
  method: ['GET', 'HEAD'],
  url: '/:package/-/:file',
  auth: 'anonymous',
  summary: 'The tarball of a version',
  tags: ['npm'],
  schema: { params: Type.Object({ package: Type.String(), file: Type.String() }), headers: RangeHeaders },
  deps: { catalog: Catalog, packuments: Packuments, upstreams: NpmUpstreams },
  async handle(request, { catalog, packuments, upstreams }, reply) {
    const elsewhere = upstreams.any ? await upstreams.sourceOf(request.principal, request.params.package) : undefined
    if (elsewhere) return sendUpstreamTarball({ upstreams, ...elsewhere }, request.params.file, { request, reply })
    const ref = packageRef(request.params.package)
    const located = await catalog.locate(request.principal, ref, 'read')
    const tarball = await packuments.tarball(located, request.params.file)
    if (!tarball) throw new VersionNotFound()
    await sendTarball({ request, reply }, tarball, { file: request.params.file, cacheControl: immutable(located) })
    if (request.method === 'GET' && isBeginning(reply.statusCode, request.headers.range)) catalog.countDownload(tarball.version)
    return reply
  },
})

import { hash } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { isUnchanged } from '../../../../shared/types/entity-tag.ts'
import { Catalog } from '../../../metadata/contract.ts'
import { VersionNotFound } from '../../../metadata/errors.ts'
import { Packuments } from '../../../packuments/contract.ts'
import { packageRef } from '../../package-ref.ts'
import { sendUpstreamManifest } from '../../upstream/send-upstream.ts'
import { NpmUpstreams } from '../../upstream/upstreams.ts'
import { revalidated } from '../cache-control.ts'

export const fetchManifest = defineHandler({
  method: ['GET', 'HEAD'],
  url: '/:package/:version',
  auth: 'anonymous',
  summary: 'The manifest of one version, or of the one that a dist-tag names',
  tags: ['npm'],
  schema: {
    params: Type.Object({ package: Type.String(), version: Type.String() }),
    querystring: Type.Object({ write: Type.Optional(Type.String()) }),
    headers: Type.Object({ 'if-none-match': Type.Optional(Type.String({ maxLength: 8_192 })) }),
  },
  deps: { catalog: Catalog, packuments: Packuments, upstreams: NpmUpstreams },
  async handle(request, { catalog, packuments, upstreams }, reply) {
    const elsewhere = upstreams.any ? await upstreams.sourceOf(request.principal, request.params.package) : undefined
    if (elsewhere) return sendUpstreamManifest({ upstreams, ...elsewhere }, request.params.version, { request, reply })
    const ref = packageRef(request.params.package)
    const located = await catalog.locate(request.principal, ref, 'read')
    const content = await packuments.manifest(located, request.params.version)
    if (!content) throw new VersionNotFound()
    const etag = `"${hash('sha256', content, 'base64url').slice(0, 27)}"`
    reply.headers({ etag, 'cache-control': revalidated(located) })
    if (isUnchanged(request.headers['if-none-match'], etag)) return reply.code(304).send()
    reply.headers({ 'content-type': 'application/json', 'content-length': content.length })
    return reply.send(request.method === 'HEAD' ? undefined : content)
  },
})

import { defineHandler } from '../../../shared/kernel/handler.ts'
import { isUnchanged } from '../../../shared/types/entity-tag.ts'
import { refOf } from '../../metadata/artifact-request.contract.ts'
import { BadgeDesk } from '../badges/badge-desk.service.ts'
import { BadgeParams, FormatQuery } from '../route-schemas.ts'

export const showBadge = defineHandler({
  method: 'GET',
  url: '/v1/badges/:namespace/:name/:file',
  auth: 'anonymous',
  summary: 'A picture (SVG) with one fact about an artifact: downloads, downloads-total, version, license',
  tags: ['analytics'],
  schema: { params: BadgeParams, querystring: FormatQuery },
  deps: { desk: BadgeDesk },
  async handle(request, { desk }, reply) {
    const kind = request.params.file.slice(0, -'.svg'.length)
    const { svg, etag } = await desk.draw(request.principal, refOf(request), kind)
    const age = request.principal.userId === undefined ? 'public, max-age=300' : 'private, no-cache'
    reply.header('cache-control', age).header('vary', 'authorization').header('etag', etag)
    if (isUnchanged(request.headers['if-none-match'], etag)) return reply.code(304).send()
    return reply
      .type('image/svg+xml; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .send(svg)
  },
})

import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { isUnchanged } from '../../../shared/types/entity-tag.ts'
import { Accounts } from '../../auth/contract.ts'
import { refOf } from '../artifact-request.contract.ts'
import { Versions } from '../contract.ts'
import { FormatQuery, VersionParams } from '../route-schemas.ts'
import { VersionView, versionEtag, viewVersion } from '../version-view.ts'

export const findVersion = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/:version/metadata',
  auth: 'anonymous',
  summary: 'What a version says about itself; also answers to a tag',
  tags: ['versions'],
  schema: {
    params: VersionParams,
    querystring: FormatQuery,
    headers: Type.Object({ 'if-none-match': Type.Optional(Type.String({ maxLength: 1_000 })) }),
    response: { 200: VersionView },
  },
  deps: { versions: Versions, accounts: Accounts },
  handle: async (request, { versions, accounts }, reply) => {
    const version = await versions.find(request.principal, refOf(request), request.params.version)
    const etag = versionEtag(version)
    reply.header('etag', etag).header('cache-control', 'private, no-cache')
    if (isUnchanged(request.headers['if-none-match'], etag)) return reply.code(304).send()
    return viewVersion(accounts, version)
  },
})

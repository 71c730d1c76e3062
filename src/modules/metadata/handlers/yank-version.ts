import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Accounts } from '../../auth/contract.ts'
import { refOf } from '../artifact-request.contract.ts'
import { Versions } from '../contract.ts'
import { FormatQuery, VersionParams } from '../route-schemas.ts'
import { VersionView, viewVersion } from '../version-view.ts'

const Reason = Type.Object({ reason: Type.Optional(Type.String({ maxLength: 1_000 })) }, { additionalProperties: false })

export const yankVersion = defineHandler({
  method: 'PUT',
  url: '/v1/artifacts/:namespace/:name/:version/yank',
  auth: 'publish',
  summary: 'Hide a version from resolution; it stays downloadable by its exact name',
  tags: ['versions'],
  schema: { params: VersionParams, querystring: FormatQuery, body: Type.Union([Reason, Type.Null()]), response: { 200: VersionView } },
  deps: { versions: Versions, accounts: Accounts },
  handle: async (request, { versions, accounts }) => {
    const change = { version: request.params.version, reason: request.body?.reason ?? null }
    return viewVersion(accounts, await versions.yank(request.principal, refOf(request), change))
  },
})

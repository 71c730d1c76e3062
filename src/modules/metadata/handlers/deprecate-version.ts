import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Accounts } from '../../auth/contract.ts'
import { refOf } from '../artifact-request.contract.ts'
import { Versions } from '../contract.ts'
import { FormatQuery, VersionParams } from '../route-schemas.ts'
import { VersionView, viewVersion } from '../version-view.ts'

const Reason = Type.Object({ reason: Type.String({ minLength: 1, maxLength: 1_000 }) }, { additionalProperties: false })

export const deprecateVersion = defineHandler({
  method: 'PUT',
  url: '/v1/artifacts/:namespace/:name/:version/deprecation',
  auth: 'publish',
  summary: 'Warn users of a version; it still resolves',
  tags: ['versions'],
  schema: { params: VersionParams, querystring: FormatQuery, body: Reason, response: { 200: VersionView } },
  deps: { versions: Versions, accounts: Accounts },
  handle: async (request, { versions, accounts }) => {
    const change = { version: request.params.version, reason: request.body.reason }
    return viewVersion(accounts, await versions.deprecate(request.principal, refOf(request), change))
  },
})

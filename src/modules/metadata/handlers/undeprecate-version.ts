import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Accounts } from '../../auth/contract.ts'
import { refOf } from '../artifact-request.contract.ts'
import { Versions } from '../contract.ts'
import { FormatQuery, VersionParams } from '../route-schemas.ts'
import { VersionView, viewVersion } from '../version-view.ts'

export const undeprecateVersion = defineHandler({
  method: 'DELETE',
  url: '/v1/artifacts/:namespace/:name/:version/deprecation',
  auth: 'publish',
  summary: 'Take a deprecation back',
  tags: ['versions'],
  schema: { params: VersionParams, querystring: FormatQuery, response: { 200: VersionView } },
  deps: { versions: Versions, accounts: Accounts },
  handle: async (request, { versions, accounts }) => {
    const change = { version: request.params.version, reason: null }
    return viewVersion(accounts, await versions.deprecate(request.principal, refOf(request), change))
  },
})

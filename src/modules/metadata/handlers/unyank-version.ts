import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Accounts } from '../../auth/contract.ts'
import { refOf } from '../artifact-request.contract.ts'
import { Versions } from '../contract.ts'
import { FormatQuery, VersionParams } from '../route-schemas.ts'
import { VersionView, viewVersion } from '../version-view.ts'

export const unyankVersion = defineHandler({
  method: 'DELETE',
  url: '/v1/artifacts/:namespace/:name/:version/yank',
  auth: 'publish',
  summary: 'Take a yank back',
  tags: ['versions'],
  schema: { params: VersionParams, querystring: FormatQuery, response: { 200: VersionView } },
  deps: { versions: Versions, accounts: Accounts },
  handle: async (request, { versions, accounts }) =>
    viewVersion(accounts, await versions.unyank(request.principal, refOf(request), request.params.version)),
})

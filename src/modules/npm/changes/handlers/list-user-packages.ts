import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Holdings } from '../../../metadata/packages.contract.ts'
import { viewHoldings } from '../holdings-view.ts'
import { Permissions, UserParams } from '../package-params.ts'

export const listUserPackages = defineHandler({
  method: 'GET',
  url: '/-/user/:user/package',
  auth: 'anonymous',
  summary: 'Packages a user has a right on, as far as the caller may see them',
  tags: ['npm'],
  schema: { params: UserParams, response: { 200: Permissions } },
  deps: { holdings: Holdings },
  handle: async (request, { holdings }) => viewHoldings(await holdings.ofUser(request.principal, request.params.user)),
})

import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Holdings } from '../../../metadata/packages.contract.ts'
import { viewHoldings } from '../holdings-view.ts'
import { Permissions } from '../package-params.ts'

export const listOrganizationPackages = defineHandler({
  method: 'GET',
  url: '/-/org/:org/package',
  auth: 'anonymous',
  summary: 'Packages of an organization that the caller may see',
  tags: ['npm'],
  schema: { params: Type.Object({ org: Type.String({ maxLength: 256 }) }), response: { 200: Permissions } },
  deps: { holdings: Holdings },
  handle: async (request, { holdings }) => viewHoldings(await holdings.ofOrganization(request.principal, request.params.org)),
})

import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Holdings } from '../../../metadata/packages.contract.ts'
import { viewHoldings } from '../holdings-view.ts'
import { Permissions, TeamParams } from '../package-params.ts'

export const listTeamPackages = defineHandler({
  method: 'GET',
  url: '/-/team/:org/:team/package',
  auth: 'read',
  summary: 'Packages a team has a right on',
  tags: ['npm'],
  schema: { params: TeamParams, response: { 200: Permissions } },
  deps: { holdings: Holdings },
  handle: async (request, { holdings }) => viewHoldings(await holdings.ofTeam(request.principal, request.params)),
})

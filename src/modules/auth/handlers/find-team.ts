import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Name } from '../schemas.ts'
import { TeamDetailView } from '../team-view.ts'
import { Teams } from '../teams.service.ts'

export const findTeam = defineHandler({
  method: 'GET',
  url: '/v1/organizations/:org/teams/:team',
  auth: 'read',
  summary: 'A team and who is in it (members of the organization)',
  tags: ['teams'],
  schema: { params: Type.Object({ org: Name, team: Name }), response: { 200: TeamDetailView } },
  deps: { teams: Teams },
  async handle({ params, principal }, { teams }) {
    return teams.find(principal, params)
  },
})

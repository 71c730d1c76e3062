import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Description, Name } from '../schemas.ts'
import { TeamView } from '../team-view.ts'
import { Teams } from '../teams.service.ts'

export const changeTeam = defineHandler({
  method: 'PATCH',
  url: '/v1/organizations/:org/teams/:team',
  auth: 'admin',
  summary: 'Change the description of a team',
  tags: ['teams'],
  schema: {
    params: Type.Object({ org: Name, team: Name }),
    body: Type.Object({ description: Description }, { additionalProperties: false }),
    response: { 200: TeamView },
  },
  deps: { teams: Teams },
  async handle({ params, body, principal }, { teams }) {
    return teams.describe(principal, params, body.description)
  },
})

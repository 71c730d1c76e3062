import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Name, Nothing } from '../schemas.ts'
import { Teams } from '../teams.service.ts'

export const removeTeamMember = defineHandler({
  method: 'DELETE',
  url: '/v1/organizations/:org/teams/:team/members/:username',
  auth: 'admin',
  summary: 'Take somebody out of a team',
  tags: ['teams'],
  schema: { params: Type.Object({ org: Name, team: Name, username: Name }), response: { 204: Nothing } },
  deps: { teams: Teams },
  async handle({ params, principal }, { teams }, reply) {
    await teams.removeMember(principal, params, params.username)
    return reply.code(204).send()
  },
})

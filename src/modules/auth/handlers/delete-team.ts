import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Name, Nothing } from '../schemas.ts'
import { Teams } from '../teams.service.ts'

export const deleteTeam = defineHandler({
  method: 'DELETE',
  url: '/v1/organizations/:org/teams/:team',
  auth: 'admin',
  summary: 'Delete a team and the grants it holds',
  tags: ['teams'],
  schema: { params: Type.Object({ org: Name, team: Name }), response: { 204: Nothing } },
  deps: { teams: Teams },
  async handle({ params, principal }, { teams }, reply) {
    await teams.remove(principal, params)
    return reply.code(204).send()
  },
})

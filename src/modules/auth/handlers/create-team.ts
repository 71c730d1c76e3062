import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Description, Name } from '../schemas.ts'
import { TeamView } from '../team-view.ts'
import { Teams } from '../teams.service.ts'

export const createTeam = defineHandler({
  method: 'POST',
  url: '/v1/organizations/:org/teams',
  auth: 'admin',
  summary: 'Create a team in an organization',
  tags: ['teams'],
  schema: {
    params: Type.Object({ org: Name }),
    body: Type.Object({ name: Name, description: Type.Optional(Description) }, { additionalProperties: false }),
    response: { 201: TeamView },
  },
  deps: { teams: Teams },
  async handle({ params, body, principal }, { teams }, reply) {
    const created = await teams.create(principal, { org: params.org, team: body.name }, body.description ?? '')
    reply.code(201)
    return created
  },
})

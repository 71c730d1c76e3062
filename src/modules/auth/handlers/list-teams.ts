import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { pageQuery } from '../page.ts'
import { Name } from '../schemas.ts'
import { TeamView } from '../team-view.ts'
import { Teams } from '../teams.service.ts'

export const listTeams = defineHandler({
  method: 'GET',
  url: '/v1/organizations/:org/teams',
  auth: 'read',
  summary: 'Teams of an organization (its members)',
  tags: ['teams'],
  schema: { params: Type.Object({ org: Name }), querystring: Type.Object(pageQuery), response: { 200: pageSchema(TeamView) } },
  deps: { teams: Teams },
  async handle({ params, query, principal }, { teams }) {
    return teams.list(principal, params.org, query)
  },
})

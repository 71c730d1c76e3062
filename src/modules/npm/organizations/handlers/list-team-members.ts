import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Teams } from '../../../auth/contract.ts'
import { Name } from '../../login/schemas.ts'

export const listTeamMembers = defineHandler({
  method: 'GET',
  url: '/-/team/:org/:team/user',
  auth: 'read',
  summary: 'Users in a team (npm team ls)',
  tags: ['npm'],
  schema: { params: Type.Object({ org: Name, team: Name }), response: { 200: Type.Array(Type.String()) } },
  deps: { teams: Teams },
  handle: async ({ principal, params }, { teams }) => (await teams.find(principal, params)).members,
})

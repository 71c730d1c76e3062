import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Teams } from '../../../auth/contract.ts'
import { Name } from '../../login/schemas.ts'

export const listTeams = defineHandler({
  method: 'GET',
  url: '/-/org/:org/team',
  auth: 'read',
  summary: 'Teams of an organization as `organization:team` (npm team ls)',
  tags: ['npm'],
  schema: { params: Type.Object({ org: Name }), response: { 200: Type.Array(Type.String()) } },
  deps: { teams: Teams },
  handle: async ({ principal, params }, { teams }) => (await teams.names(principal, params.org)).map((name) => `${params.org}:${name}`),
})

import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Members, Organizations } from '../../../auth/contract.ts'
import { Name } from '../../login/schemas.ts'
import { npmRole } from '../npm-role.ts'

export const listMembers = defineHandler({
  method: 'GET',
  url: '/-/org/:org/user',
  auth: 'read',
  summary: 'Members of an organization and their roles (npm org ls)',
  tags: ['npm'],
  schema: { params: Type.Object({ org: Name }), response: { 200: Type.Record(Type.String(), Type.String()) } },
  deps: { organizations: Organizations, members: Members },
  async handle({ principal, params }, { organizations, members }) {
    const { id } = await organizations.enter(principal, 'read', params.org)
    return Object.fromEntries((await members.list(id)).map(({ username, role }) => [username, npmRole(role)]))
  },
})

import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Member } from '../../auth/contract.ts'
import { NamespaceParams } from '../route-schemas.ts'
import { Namespaces } from '../views.ts'

export const listMembers = defineHandler({
  method: 'GET',
  url: '/v1/namespaces/:namespace/members',
  auth: 'read',
  summary: 'Members of a namespace and their roles',
  tags: ['namespaces'],
  schema: { params: NamespaceParams, response: { 200: Type.Object({ items: Type.Array(Member) }) } },
  deps: { namespaces: Namespaces },
  handle: async ({ principal, params }, { namespaces }) => ({ items: await namespaces.members(principal, params.namespace) }),
})

import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Member } from '../../auth/contract.ts'
import { MemberParams } from '../route-schemas.ts'
import { Namespaces } from '../views.ts'

export const findMember = defineHandler({
  method: 'GET',
  url: '/v1/namespaces/:namespace/members/:username',
  auth: 'read',
  summary: 'Role of one member of a namespace',
  tags: ['namespaces'],
  schema: { params: MemberParams, response: { 200: Member } },
  deps: { namespaces: Namespaces },
  handle: ({ principal, params }, { namespaces }) => namespaces.findMember(principal, params.namespace, params.username),
})

import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Member, Role } from '../../auth/contract.ts'
import { MemberParams } from '../route-schemas.ts'
import { Namespaces } from '../views.ts'

export const setMember = defineHandler({
  method: 'PUT',
  url: '/v1/namespaces/:namespace/members/:username',
  auth: 'admin',
  summary: 'Give a user a role in a namespace; owners are made by owners only',
  tags: ['namespaces'],
  schema: { params: MemberParams, body: Type.Object({ role: Role }, { additionalProperties: false }), response: { 200: Member } },
  deps: { namespaces: Namespaces },
  handle: ({ principal, params: { namespace, username }, body }, { namespaces }) =>
    namespaces.setMember(principal, namespace, { username, role: body.role }),
})

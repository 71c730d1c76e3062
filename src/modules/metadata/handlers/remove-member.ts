import { defineHandler } from '../../../shared/kernel/handler.ts'
import { MemberParams, NoContent } from '../route-schemas.ts'
import { Namespaces } from '../views.ts'

export const removeMember = defineHandler({
  method: 'DELETE',
  url: '/v1/namespaces/:namespace/members/:username',
  auth: 'admin',
  summary: 'Take a user out of a namespace; never the last owner',
  tags: ['namespaces'],
  schema: { params: MemberParams, response: { 204: NoContent } },
  deps: { namespaces: Namespaces },
  handle: async ({ principal, params }, { namespaces }, reply) => {
    await namespaces.removeMember(principal, params.namespace, params.username)
    return reply.code(204).send()
  },
})

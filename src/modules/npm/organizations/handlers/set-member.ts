import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Members, Organizations } from '../../../auth/contract.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Name, smallBody } from '../../login/schemas.ts'
import { requireOtp } from '../../login/second-factor.ts'
import { NpmRole, npmRole, roleOf } from '../npm-role.ts'
import { enterToChange } from '../roster.ts'

export const setMember = defineHandler({
  method: 'PUT',
  url: '/-/org/:org/user',
  auth: 'admin',
  summary: 'Give a user a role in an organization (npm org set)',
  tags: ['npm'],
  ...smallBody,
  schema: {
    params: Type.Object({ org: Name }),
    body: Type.Object({ user: Name, role: Type.Optional(Type.Union([NpmRole, Type.Null()])) }),
    response: {
      200: Type.Object({
        org: Type.Object({ name: Type.String(), size: Type.Integer() }),
        user: Type.String(),
        role: Type.String(),
      }),
    },
  },
  deps: { organizations: Organizations, members: Members, secondFactor: SecondFactor },
  async handle(request, deps) {
    const { principal, params, body } = request
    await requireOtp(request, deps)
    const role = roleOf(body.role ?? 'developer')
    const { id, name } = await enterToChange(principal, { org: params.org, username: body.user, role }, deps)
    const member = await deps.members.set(id, body.user, role)
    const { length: size } = await deps.members.list(id)
    return { org: { name, size }, user: member.username, role: npmRole(member.role) }
  },
})

import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Members, Organizations } from '../../../auth/contract.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Done, done, Name, smallBody } from '../../login/schemas.ts'
import { requireOtp } from '../../login/second-factor.ts'
import { enterToChange } from '../roster.ts'

export const removeMember = defineHandler({
  method: 'DELETE',
  url: '/-/org/:org/user',
  auth: 'admin',
  summary: 'Take a user out of an organization and its teams (npm org rm)',
  tags: ['npm'],
  ...smallBody,
  schema: { params: Type.Object({ org: Name }), body: Type.Object({ user: Name }), response: { 200: Done } },
  deps: { organizations: Organizations, members: Members, secondFactor: SecondFactor },
  async handle(request, deps) {
    const { principal, params, body } = request
    await requireOtp(request, deps)
    const { id } = await enterToChange(principal, { org: params.org, username: body.user, role: undefined }, deps)
    await deps.members.remove(id, body.user)
    return done
  },
})

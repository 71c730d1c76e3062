import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Teams } from '../../../auth/contract.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Done, done, Name, smallBody } from '../../login/schemas.ts'
import { requireOtp } from '../../login/second-factor.ts'

export const removeTeamMember = defineHandler({
  method: 'DELETE',
  url: '/-/team/:org/:team/user',
  auth: 'admin',
  summary: 'Take a user out of a team (npm team rm)',
  tags: ['npm'],
  ...smallBody,
  schema: { params: Type.Object({ org: Name, team: Name }), body: Type.Object({ user: Name }), response: { 200: Done } },
  deps: { teams: Teams, secondFactor: SecondFactor },
  async handle(request, deps) {
    await requireOtp(request, deps)
    await deps.teams.removeMember(request.principal, request.params, request.body.user)
    return done
  },
})

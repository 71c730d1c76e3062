import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Teams } from '../../../auth/contract.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Done, done, Name } from '../../login/schemas.ts'
import { requireOtp } from '../../login/second-factor.ts'

export const deleteTeam = defineHandler({
  method: 'DELETE',
  url: '/-/team/:org/:team',
  auth: 'admin',
  summary: 'Delete a team with all it was granted (npm team destroy)',
  tags: ['npm'],
  schema: { params: Type.Object({ org: Name, team: Name }), response: { 200: Done } },
  deps: { teams: Teams, secondFactor: SecondFactor },
  async handle(request, deps) {
    await requireOtp(request, deps)
    await deps.teams.remove(request.principal, request.params)
    return done
  },
})

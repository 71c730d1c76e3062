import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Ownership } from '../../../metadata/packages.contract.ts'
import { requireOtp } from '../../login/second-factor.ts'
import { packageRef } from '../../package-ref.ts'
import { Done, done, TeamParams } from '../package-params.ts'

export const revokeTeamPackage = defineHandler({
  method: 'DELETE',
  url: '/-/team/:org/:team/package',
  auth: 'admin',
  summary: 'Take the right of a team on a package back',
  tags: ['npm'],
  schema: { params: TeamParams, body: Type.Object({ package: Type.String({ maxLength: 256 }) }), response: { 200: Done } },
  deps: { ownership: Ownership, secondFactor: SecondFactor },
  handle: async (request, { ownership, secondFactor }) => {
    const { principal, params, body } = request
    await requireOtp(request, { secondFactor })
    await ownership.removeGrant(principal, packageRef(body.package), { kind: 'team', name: `${params.org}/${params.team}` })
    return done
  },
})

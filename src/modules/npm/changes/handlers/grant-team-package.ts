import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { oneOf } from '../../../../shared/types/one-of.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Ownership } from '../../../metadata/packages.contract.ts'
import { requireOtp } from '../../login/second-factor.ts'
import { packageRef } from '../../package-ref.ts'
import { Done, done, TeamParams } from '../package-params.ts'

const roles = { 'read-only': 'read', 'read-write': 'write' } as const

export const grantTeamPackage = defineHandler({
  method: 'PUT',
  url: '/-/team/:org/:team/package',
  auth: 'admin',
  summary: 'Give a team a right on a package',
  tags: ['npm'],
  schema: {
    params: TeamParams,
    body: Type.Object({ package: Type.String({ maxLength: 256 }), permissions: oneOf(['read-only', 'read-write']) }),
    response: { 200: Done },
  },
  deps: { ownership: Ownership, secondFactor: SecondFactor },
  handle: async (request, { ownership, secondFactor }) => {
    const { principal, params, body } = request
    await requireOtp(request, { secondFactor })
    const subject = { kind: 'team' as const, name: `${params.org}/${params.team}` }
    await ownership.setGrant(principal, packageRef(body.package), { subject, role: roles[body.permissions] })
    return done
  },
})

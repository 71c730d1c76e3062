import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Ownership } from '../../../metadata/packages.contract.ts'
import { requireOtp } from '../../login/second-factor.ts'
import { packageRef } from '../../package-ref.ts'
import { Done, done, OwnerParams } from '../package-params.ts'

export const removeOwner = defineHandler({
  method: 'DELETE',
  url: '/-/package/:package/owners/:user',
  auth: 'admin',
  summary: 'Take a maintainer off a package',
  tags: ['npm'],
  schema: { params: OwnerParams, response: { 200: Done } },
  deps: { ownership: Ownership, secondFactor: SecondFactor },
  handle: async (request, { ownership, secondFactor }) => {
    await requireOtp(request, { secondFactor })
    await ownership.removeMaintainer(request.principal, packageRef(request.params.package), request.params.user)
    return done
  },
})

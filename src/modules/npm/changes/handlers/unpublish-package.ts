import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Catalog } from '../../../metadata/contract.ts'
import { Changes } from '../../../metadata/packages.contract.ts'
import { requireOtp } from '../../login/second-factor.ts'
import { packageRef } from '../../package-ref.ts'
import { Done, done, RevisionParams } from '../package-params.ts'
import { unpublishAll } from '../unpublish.ts'

export const unpublishPackage = defineHandler({
  method: 'DELETE',
  url: '/:package/-rev/:rev',
  auth: 'admin',
  summary: 'Unpublish every version of a package',
  tags: ['npm'],
  schema: { params: RevisionParams, response: { 200: Done } },
  deps: { changes: Changes, catalog: Catalog, secondFactor: SecondFactor },
  handle: async (request, { secondFactor, ...deps }) => {
    await requireOtp(request, { secondFactor })
    const { principal, params } = request
    await unpublishAll({ principal, ref: packageRef(params.package) }, params.rev, deps)
    return done
  },
})

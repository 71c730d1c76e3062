import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Catalog } from '../../../metadata/contract.ts'
import { Changes } from '../../../metadata/packages.contract.ts'
import { requireOtp } from '../../login/second-factor.ts'
import { packageRef } from '../../package-ref.ts'
import { Done, done, FileParams } from '../package-params.ts'
import { unpublishFile } from '../unpublish.ts'

export const unpublishTarball = defineHandler({
  method: 'DELETE',
  url: '/:package/-/:file/-rev/:rev',
  auth: 'admin',
  summary: 'Unpublish the version of a tarball',
  tags: ['npm'],
  schema: { params: FileParams, response: { 200: Done } },
  deps: { changes: Changes, catalog: Catalog, secondFactor: SecondFactor },
  handle: async (request, { secondFactor, ...deps }) => {
    const { principal, params } = request
    await requireOtp(request, { secondFactor })
    await unpublishFile({ principal, ref: packageRef(params.package) }, { file: params.file, seen: params.rev }, deps)
    return done
  },
})

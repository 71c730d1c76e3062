import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Access } from '../../../metadata/packages.contract.ts'
import { packageRef } from '../../package-ref.ts'
import { AccessView, viewAccess } from '../access-settings.ts'
import { PackageParams } from '../package-params.ts'

export const showAccess = defineHandler({
  method: 'GET',
  url: '/-/package/:package/access',
  auth: 'anonymous',
  summary: 'Who may read a package, and whether publishing needs a one-time password',
  tags: ['npm'],
  schema: { params: PackageParams, response: { 200: AccessView } },
  deps: { access: Access },
  handle: async (request, { access }) => {
    const ref = packageRef(request.params.package)
    return viewAccess(await access.isPublic(request.principal, ref), await access.publishFactor(ref))
  },
})

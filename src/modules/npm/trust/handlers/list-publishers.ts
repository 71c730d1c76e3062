import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { TrustedPublishing } from '../../../auth/trusted-publishing.contract.ts'
import { Catalog } from '../../../metadata/contract.ts'
import { packageRef } from '../../package-ref.ts'
import { enterTrust } from '../trust-access.ts'
import { listed, PackageParams, Publishers } from '../views.ts'

export const listPublishers = defineHandler({
  method: 'GET',
  url: '/-/package/:package/trust',
  auth: 'admin',
  summary: 'Trusted publishers of a package (`npm trust list`)',
  tags: ['npm'],
  schema: { params: PackageParams, response: { 200: Publishers } },
  deps: { trustedPublishing: TrustedPublishing, catalog: Catalog },
  async handle({ params, principal }, { trustedPublishing, catalog }) {
    const ref = packageRef(params.package)
    return listed(await trustedPublishing.list(ref, await enterTrust(catalog, principal, ref)))
  },
})

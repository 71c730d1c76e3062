import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { TrustedPublishing } from '../../../auth/trusted-publishing.contract.ts'
import { Catalog } from '../../../metadata/contract.ts'
import { Access } from '../../../metadata/packages.contract.ts'
import { requirePublishFactor } from '../../changes/publish-factor.ts'
import { packageRef } from '../../package-ref.ts'
import { enterTrust } from '../trust-access.ts'
import { PackageParams } from '../views.ts'

export const removePublisher = defineHandler({
  method: 'DELETE',
  url: '/-/package/:package/trust/:id',
  auth: 'admin',
  summary: 'Takes a trusted publisher away, with the tokens it has (`npm trust revoke`)',
  tags: ['npm'],
  schema: { params: Type.Composite([PackageParams, Type.Object({ id: Type.String({ maxLength: 100 }) })]) },
  deps: { trustedPublishing: TrustedPublishing, catalog: Catalog, access: Access, secondFactor: SecondFactor },
  async handle(request, { trustedPublishing, catalog, access, secondFactor }, reply) {
    const { params, principal } = request
    const ref = packageRef(params.package)
    const { createdBy } = await enterTrust(catalog, principal, ref)
    await requirePublishFactor(request, ref, { access, secondFactor })
    await trustedPublishing.remove(ref, { id: params.id, createdBy })
    return reply.code(204).send()
  },
})

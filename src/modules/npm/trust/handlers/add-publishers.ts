import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { PublisherConfig, TrustedPublishing } from '../../../auth/trusted-publishing.contract.ts'
import { Catalog } from '../../../metadata/contract.ts'
import { Access } from '../../../metadata/packages.contract.ts'
import { requirePublishFactor } from '../../changes/publish-factor.ts'
import { newPackageRef } from '../../package-ref.ts'
import { enterTrust } from '../trust-access.ts'
import { listed, PackageParams, Publishers } from '../views.ts'

export const addPublishers = defineHandler({
  method: 'POST',
  url: '/-/package/:package/trust',
  auth: 'admin',
  summary: 'Lets workflows publish a package that exists, or one that they are to create (`npm trust`)',
  tags: ['npm'],
  schema: {
    params: PackageParams,
    body: Type.Array(PublisherConfig, { minItems: 1, maxItems: 20 }),
    response: { 201: Publishers },
  },
  deps: { trustedPublishing: TrustedPublishing, catalog: Catalog, access: Access, secondFactor: SecondFactor },
  async handle(request, { trustedPublishing, catalog, access, secondFactor }, reply) {
    const { params, principal, body } = request
    const ref = newPackageRef(params.package)
    await enterTrust(catalog, principal, ref)
    await requirePublishFactor(request, ref, { access, secondFactor })
    reply.code(201)
    return listed(await trustedPublishing.add(principal, ref, body))
  },
})

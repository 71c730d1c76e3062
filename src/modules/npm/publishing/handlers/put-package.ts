import type { Readable } from 'node:stream'
import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Catalog, Versions } from '../../../metadata/contract.ts'
import { Access, Changes, Ownership, Stars } from '../../../metadata/packages.contract.ts'
import { Packuments } from '../../../packuments/contract.ts'
import { applyPackumentChange } from '../../changes/apply-packument.ts'
import { changeOf } from '../../changes/packument-change.ts'
import { requirePublishFactor } from '../../changes/publish-factor.ts'
import { requireOtp } from '../../login/second-factor.ts'
import { newPackageRef } from '../../package-ref.ts'
import { announcedBytes } from '../announced-bytes.ts'
import { heldNotice } from '../held-notice.ts'
import { PackagePublishing } from '../package-publisher.service.ts'
import { Done } from '../schemas.ts'

/** One URL for publishing and for every change that clients make by sending a document back. */
export const putPackage = defineHandler({
  method: 'PUT',
  url: '/:package',
  auth: 'publish',
  summary: 'Publish a version, or deprecate, star or hand over a package by its document',
  tags: ['npm'],
  rawBody: true,
  schema: {
    params: Type.Object({ package: Type.String() }),
    response: { 200: Done, 201: Done },
  },
  deps: {
    ...{ publisher: PackagePublishing, secondFactor: SecondFactor, access: Access, packuments: Packuments },
    ...{ changes: Changes, versions: Versions, catalog: Catalog, ownership: Ownership, stars: Stars },
  },
  async handle(request, { publisher, secondFactor, access, ...services }, reply) {
    const { principal } = request
    const ref = newPackageRef(request.params.package)
    const announced = announcedBytes(request)
    await requireOtp(request, { secondFactor })
    const received = await publisher.receive({ principal, body: request.body as Readable, announced }, ref)
    if (received.kind === 'change') {
      await applyPackumentChange({ principal, ref }, changeOf(received.document), services)
      return { ok: true, success: true }
    }
    await requirePublishFactor(request, { ...ref, justChecked: true }, { access, secondFactor })
    const published = await publisher.publish(principal, [received.prepared])
    return reply.code(201).headers(heldNotice(published)).send({ ok: true, success: true })
  },
})

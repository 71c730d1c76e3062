import type { Readable } from 'node:stream'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Access } from '../../../metadata/packages.contract.ts'
import { requirePublishFactor } from '../../changes/publish-factor.ts'
import { requireOtp } from '../../login/second-factor.ts'
import { announcedBytes } from '../announced-bytes.ts'
import { heldNotice } from '../held-notice.ts'
import { PackagePublishing } from '../package-publisher.service.ts'
import { Done } from '../schemas.ts'

const batchAt = (url: string) =>
  defineHandler({
    method: 'PUT',
    url,
    auth: 'publish',
    summary: 'Publish several packages, all or none (pnpm publish --batch)',
    tags: ['npm'],
    rawBody: true,
    schema: { response: { 201: Done } },
    deps: { publisher: PackagePublishing, access: Access, secondFactor: SecondFactor },
    async handle(request, { publisher, access, secondFactor }, reply) {
      const { principal } = request
      const announced = announcedBytes(request)
      await requireOtp(request, { secondFactor })
      const prepared = await publisher.receiveBatch({ principal, body: request.body as Readable, announced })
      for (const { ref } of prepared) await requirePublishFactor(request, { ...ref, justChecked: true }, { access, secondFactor })
      const published = await publisher.publish(principal, prepared)
      return reply.code(201).headers(heldNotice(published)).send({ ok: true, success: true })
    },
  })

export const publishBatch = batchAt('/-/pnpm/v1/publish')
/** Where pnpm since 12.21 puts it. */
export const publishBatchOfPnpr = batchAt('/-/pnpr/v0/publish')

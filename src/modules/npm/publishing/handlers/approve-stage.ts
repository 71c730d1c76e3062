import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { Access } from '../../../metadata/packages.contract.ts'
import { requirePublishFactor } from '../../changes/publish-factor.ts'
import { requireOtp } from '../../login/second-factor.ts'
import { packageText } from '../../package-name.ts'
import { heldNotice } from '../held-notice.ts'
import { PackageStaging } from '../package-stages.service.ts'
import { StageParams } from '../schemas.ts'

export const approveStage = defineHandler({
  method: 'POST',
  url: '/-/stage/:id/approve',
  auth: 'publish',
  summary: 'Publish a staged version',
  tags: ['npm'],
  schema: {
    params: StageParams,
    response: { 201: Type.Object({ ok: Type.Boolean(), success: Type.Boolean(), packageName: Type.String(), version: Type.String() }) },
  },
  deps: { staging: PackageStaging, access: Access, secondFactor: SecondFactor },
  async handle(request, { staging, access, secondFactor }, reply) {
    await requireOtp(request, { secondFactor })
    const { namespace, name } = await staging.find(request.principal, request.params.id)
    await requirePublishFactor(request, { namespace, name, format: 'npm' }, { access, secondFactor })
    const { stage, published } = await staging.approve(request.principal, request.params.id)
    return reply
      .code(201)
      .headers(heldNotice(published))
      .send({ ok: true, success: true, packageName: packageText(stage), version: stage.version })
  },
})

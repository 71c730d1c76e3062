import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { SecondFactor } from '../../../auth/logins.contract.ts'
import { requireOtp } from '../../login/second-factor.ts'
import { PackageStaging } from '../package-stages.service.ts'
import { StageParams } from '../schemas.ts'

export const rejectStage = defineHandler({
  method: 'DELETE',
  url: '/-/stage/:id',
  auth: 'publish',
  summary: 'Drop a staged version',
  tags: ['npm'],
  schema: { params: StageParams },
  deps: { staging: PackageStaging, secondFactor: SecondFactor },
  async handle(request, { staging, secondFactor }, reply) {
    await requireOtp(request, { secondFactor })
    await staging.reject(request.principal, request.params.id)
    return reply.code(204).send()
  },
})

import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { PackageStaging } from '../package-stages.service.ts'
import { StageParams } from '../schemas.ts'

export const fetchStagedTarball = defineHandler({
  method: 'GET',
  url: '/-/stage/:id/tarball',
  auth: 'publish',
  summary: 'The tarball of a staged version',
  tags: ['npm'],
  schema: { params: StageParams },
  deps: { staging: PackageStaging },
  async handle({ principal, params }, { staging }, reply) {
    const content = await staging.open(principal, params.id)
    return reply
      .type('application/octet-stream')
      .header('content-length', content.sizeBytes)
      .send(await content.read())
  },
})

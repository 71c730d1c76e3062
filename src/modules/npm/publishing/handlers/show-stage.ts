import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { PackageStaging } from '../package-stages.service.ts'
import { Stage, StageParams, stageView } from '../schemas.ts'

export const showStage = defineHandler({
  method: 'GET',
  url: '/-/stage/:id',
  auth: 'publish',
  summary: 'A staged version',
  tags: ['npm'],
  schema: { params: StageParams, response: { 200: Stage } },
  deps: { staging: PackageStaging },
  handle: async ({ principal, params }, { staging }) => stageView(await staging.find(principal, params.id)),
})

import type { Handler } from '../../../shared/kernel/handler.ts'
import { approveStage } from './handlers/approve-stage.ts'
import { fetchStagedTarball } from './handlers/fetch-staged-tarball.ts'
import { listStages } from './handlers/list-stages.ts'
import { publishBatch, publishBatchOfPnpr } from './handlers/publish-batch.ts'
import { putPackage } from './handlers/put-package.ts'
import { rejectStage } from './handlers/reject-stage.ts'
import { showStage } from './handlers/show-stage.ts'
import { stagePackage } from './handlers/stage-package.ts'

export const publishingHandlers: readonly Handler[] = [
  ...[putPackage, publishBatch, publishBatchOfPnpr],
  ...[stagePackage, listStages, showStage, fetchStagedTarball, approveStage, rejectStage],
]

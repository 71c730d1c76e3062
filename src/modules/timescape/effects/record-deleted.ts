import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionDeleted } from '../../metadata/contract.ts'
import { Graphs } from '../services.ts'

export const recordDeleted = defineEffect({
  name: 'timescape.record-deleted',
  trigger: onEvent(VersionDeleted),
  deps: { graphs: Graphs },
  concurrency: 4,
  dedupe: ({ versionId }) => versionId,
  run: ({ artifactId, versionId }, { graphs }) => graphs.recordVersion(artifactId, versionId),
})

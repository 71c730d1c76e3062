import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionPublished } from '../../metadata/contract.ts'
import { Upkeep } from '../upkeep.service.ts'

export const notePublished = defineEffect({
  name: 'insights.note-published',
  trigger: onEvent(VersionPublished),
  deps: { upkeep: Upkeep },
  spacingMs: 1_000,
  concurrency: 200,
  dedupe: ({ versionId }) => versionId,
  run: ({ versionId }, { upkeep }) => upkeep.versionPublished(versionId),
})

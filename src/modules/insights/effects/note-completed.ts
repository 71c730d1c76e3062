import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionsCompleted } from '../../metadata/completions.contract.ts'
import { Upkeep } from '../upkeep.service.ts'

export const noteCompleted = defineEffect({
  name: 'insights.note-completed',
  trigger: onEvent(VersionsCompleted),
  deps: { upkeep: Upkeep },
  run: ({ versions }, { upkeep }) => upkeep.versionsCompleted(versions),
})

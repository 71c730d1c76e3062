import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { TagMoved } from '../../metadata/contract.ts'
import { Graphs } from '../services.ts'

export const recordRetagged = defineEffect({
  name: 'timescape.record-retagged',
  trigger: onEvent(TagMoved),
  deps: { graphs: Graphs },
  concurrency: 4,
  dedupe: ({ artifactId, tag }) => `${artifactId} ${tag}`,
  run: ({ artifactId, tag }, { graphs }) => graphs.recordTag(artifactId, tag),
})

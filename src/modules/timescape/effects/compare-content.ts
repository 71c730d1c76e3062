import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionRecorded } from '../events.contract.ts'
import { Graphs } from '../services.ts'

/** Apart from the recording, because it reads blobs: a graph is there at once, what is in the files is known a moment later. */
export const compareContent = defineEffect({
  name: 'timescape.compare-content',
  trigger: onEvent(VersionRecorded),
  deps: { graphs: Graphs },
  concurrency: 2,
  timeoutMs: 300_000,
  dedupe: ({ artifactId }) => artifactId,
  unless: { isFirst: true },
  run: ({ artifactId }, { graphs }, { signal }) => graphs.compareContent(artifactId, signal),
})

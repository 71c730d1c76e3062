import { Type } from '@sinclair/typebox'
import { defineEffect, onDemand } from '../../../shared/kernel/effect.ts'
import { Rebuilds } from '../rebuilds.ts'

const longestMs = 6 * 3_600_000
/** It ends by itself, and says so, before it is ended: what is ended is tried again. */
const graceMs = 600_000

/** An administrator wants everything indexed anew. */
export const rebuildDocuments = defineEffect({
  name: 'search.rebuild-documents',
  trigger: onDemand(Type.Object({ id: Type.String() })),
  deps: { rebuilds: Rebuilds },
  timeoutMs: longestMs + graceMs,
  run: ({ id }, { rebuilds }, { signal }) => rebuilds.run(id, { signal, longestMs }),
})

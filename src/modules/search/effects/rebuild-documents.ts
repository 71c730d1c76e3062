import { Type } from '@sinclair/typebox'
import { defineEffect, onDemand } from '../../../shared/kernel/effect.ts'
import { Rebuilds } from '../rebuilds.ts'

/** An administrator wants everything indexed anew. */
export const rebuildDocuments = defineEffect({
  name: 'search.rebuild-documents',
  trigger: onDemand(Type.Object({ id: Type.String() })),
  deps: { rebuilds: Rebuilds },
  timeoutMs: 6 * 3_600_000,
  run: ({ id }, { rebuilds }, { signal }) => rebuilds.run(id, signal),
})

import { Type } from '@sinclair/typebox'
import { defineEffect, onDemand } from '../../../shared/kernel/effect.ts'
import { MeaningUpkeep } from '../semantic/meaning-upkeep.ts'

/** Documents were written; what was not written with them follows: vectors of an endpoint, and types. */
export const learnMeaning = defineEffect({
  name: 'search.learn-meaning',
  trigger: onDemand(Type.Object({ artifactIds: Type.Array(Type.String(), { maxItems: 1_000 }) })),
  deps: { meaning: MeaningUpkeep },
  concurrency: 2,
  timeoutMs: 300_000,
  run: ({ artifactIds }, { meaning }, { signal }) => meaning.renew(artifactIds, signal),
})

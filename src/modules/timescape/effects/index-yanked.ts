import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionYanked } from '../../metadata/contract.ts'
import { Followers } from '../services.ts'

/** Yanked, or taken back: another version may be the highest. */
export const indexYanked = defineEffect({
  name: 'timescape.index-yanked',
  trigger: onEvent(VersionYanked),
  deps: { followers: Followers },
  concurrency: 4,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { followers }) => followers.indexDependencies(artifactId),
})

import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { QuarantineLifted } from '../../metadata/publications.contract.ts'
import { Followers } from '../services.ts'

/** The highest version may be back. */
export const indexLifted = defineEffect({
  name: 'timescape.index-lifted',
  trigger: onEvent(QuarantineLifted),
  deps: { followers: Followers },
  concurrency: 4,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { followers }) => followers.indexDependencies(artifactId),
})

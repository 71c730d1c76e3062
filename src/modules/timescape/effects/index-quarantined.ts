import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { ManifestQuarantined } from '../../metadata/publications.contract.ts'
import { Followers } from '../services.ts'

/** The highest version may be in quarantine. */
export const indexQuarantined = defineEffect({
  name: 'timescape.index-quarantined',
  trigger: onEvent(ManifestQuarantined),
  deps: { followers: Followers },
  concurrency: 4,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { followers }) => followers.indexDependencies(artifactId),
})

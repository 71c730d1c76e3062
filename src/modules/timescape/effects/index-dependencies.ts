import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionPublished } from '../../metadata/contract.ts'
import { Followers } from '../services.ts'

export const indexDependencies = defineEffect({
  name: 'timescape.index-dependencies',
  trigger: onEvent(VersionPublished),
  deps: { followers: Followers },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { followers }) => followers.indexDependencies(artifactId),
})

import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionDeleted } from '../../metadata/contract.ts'
import { Followers } from '../services.ts'

export const dropDependencies = defineEffect({
  name: 'timescape.drop-dependencies',
  trigger: onEvent(VersionDeleted),
  deps: { followers: Followers },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { followers }) => followers.indexDependencies(artifactId),
})

import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { ArtifactStarred } from '../../metadata/contract.ts'
import { Search } from '../contract.ts'

export const indexStarred = defineEffect({
  name: 'search.index-starred',
  trigger: onEvent(ArtifactStarred),
  deps: { search: Search },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { search }) => search.index(artifactId),
})

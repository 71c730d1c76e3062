import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionPublished } from '../../metadata/contract.ts'
import { Search } from '../contract.ts'

export const indexPublished = defineEffect({
  name: 'search.index-published',
  trigger: onEvent(VersionPublished),
  deps: { search: Search },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { search }) => search.index(artifactId),
})

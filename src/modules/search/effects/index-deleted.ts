import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionDeleted } from '../../metadata/contract.ts'
import { Search } from '../contract.ts'

export const indexDeleted = defineEffect({
  name: 'search.index-deleted',
  trigger: onEvent(VersionDeleted),
  deps: { search: Search },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { search }) => search.index(artifactId),
})

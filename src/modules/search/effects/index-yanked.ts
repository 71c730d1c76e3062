import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionYanked } from '../../metadata/contract.ts'
import { Search } from '../contract.ts'

export const indexYanked = defineEffect({
  name: 'search.index-yanked',
  trigger: onEvent(VersionYanked),
  deps: { search: Search },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { search }) => search.index(artifactId),
})

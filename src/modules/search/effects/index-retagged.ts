import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { TagMoved } from '../../metadata/contract.ts'
import { Search } from '../contract.ts'

export const indexRetagged = defineEffect({
  name: 'search.index-retagged',
  trigger: onEvent(TagMoved),
  deps: { search: Search },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { search }) => search.index(artifactId),
})

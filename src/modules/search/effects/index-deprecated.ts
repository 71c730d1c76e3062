import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionDeprecated } from '../../metadata/contract.ts'
import { Search } from '../contract.ts'

export const indexDeprecated = defineEffect({
  name: 'search.index-deprecated',
  trigger: onEvent(VersionDeprecated),
  deps: { search: Search },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { search }) => search.index(artifactId),
})

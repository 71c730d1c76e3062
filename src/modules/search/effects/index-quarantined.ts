import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { ManifestQuarantined } from '../../metadata/publications.contract.ts'
import { Search } from '../contract.ts'

export const indexQuarantined = defineEffect({
  name: 'search.index-quarantined',
  trigger: onEvent(ManifestQuarantined),
  deps: { search: Search },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { search }) => search.index(artifactId),
})

import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { QuarantineLifted } from '../../metadata/publications.contract.ts'
import { Search } from '../contract.ts'

export const indexLifted = defineEffect({
  name: 'search.index-lifted',
  trigger: onEvent(QuarantineLifted),
  deps: { search: Search },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { search }) => search.index(artifactId),
})

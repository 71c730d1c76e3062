import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { ArtifactStarred, TagMoved, VersionDeleted, VersionDeprecated, VersionPublished, VersionYanked } from '../../metadata/contract.ts'
import { ManifestQuarantined, QuarantineLifted } from '../../metadata/publications.contract.ts'
import { Search } from '../contract.ts'

export const indexChanged = defineEffect({
  name: 'search.index-changed',
  trigger: onEvent(
    ...[VersionPublished, TagMoved, VersionDeprecated, VersionYanked, VersionDeleted],
    ...[ManifestQuarantined, QuarantineLifted, ArtifactStarred],
  ),
  deps: { search: Search },
  // They wait for each other, and are indexed together.
  concurrency: 200,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { search }) => search.index(artifactId),
})

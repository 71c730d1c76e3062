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
  // Publishes come in flocks, which are indexed together; they may take two seconds to be found.
  spacingMs: 750,
  concurrency: 200,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { search }) => search.index(artifactId),
})

import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionDeleted, VersionDeprecated, VersionYanked } from '../../metadata/contract.ts'
import { ManifestQuarantined, QuarantineLifted } from '../../metadata/publications.contract.ts'
import { ScanCompleted } from '../../scanning/events.contract.ts'
import { BreakingChangeDetected } from '../../timescape/events.contract.ts'
import { Upkeep } from '../upkeep.service.ts'

/** Whatever health is made of beside what a publish brings. Content is compared later than types. */
export const renewChanged = defineEffect({
  name: 'insights.renew-changed',
  trigger: onEvent(
    ...[VersionDeprecated, VersionYanked, VersionDeleted, ManifestQuarantined, QuarantineLifted],
    ...[ScanCompleted, BreakingChangeDetected],
  ),
  deps: { upkeep: Upkeep },
  spacingMs: 1_000,
  concurrency: 200,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { upkeep }) => upkeep.artifactChanged(artifactId),
})

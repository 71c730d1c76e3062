import type { TSchema } from '@sinclair/typebox'
import { defineEffect, type Effect, onEvent } from '../../../shared/kernel/effect.ts'
import type { DomainEvent } from '../../../shared/kernel/event.ts'
import { TagMoved, VersionDeleted, VersionDeprecated, VersionPublished, VersionYanked } from '../../metadata/contract.ts'
import { ManifestQuarantined, PublicationExpired, PublicationHeld, QuarantineLifted } from '../../metadata/publications.contract.ts'
import { MaliciousContentFound, ScanCompleted, VulnerabilityDetected } from '../../scanning/events.contract.ts'
import { PublisherKeyRevoked, SignatureRejected } from '../../signing/events.contract.ts'
import { BreakingChangeDetected, DependantsAffected } from '../../timescape/events.contract.ts'
import { WebhookDisabled } from '../contract.ts'
import { isNoticeKind } from '../kinds.ts'
import { type Fact, Notices } from '../notices.service.ts'

/** One effect for each event somebody is told about: the event's name is the kind of the notice. */
function noting<P extends Fact>(event: DomainEvent<P> & { readonly schema: TSchema }): Effect<never> {
  const kind = event.name
  if (!isNoticeKind(kind)) throw new Error(`${kind} is no kind of notice`)
  return defineEffect({
    name: `notifications.note-${kind.replace(/^[a-z]+\./, '').replaceAll('_', '-')}`,
    trigger: onEvent(event),
    deps: { notices: Notices },
    attempts: 8,
    // Most wait together for the one question whether anybody follows them.
    concurrency: 32,
    run: (fact, { notices }, { signal }) => notices.note(kind, fact, signal),
  })
}

const noteDependantsAffected = defineEffect({
  name: 'notifications.note-dependants-affected',
  trigger: onEvent(DependantsAffected),
  deps: { notices: Notices },
  attempts: 8,
  concurrency: 2,
  timeoutMs: 300_000,
  run: (fact, { notices }, { signal }) => notices.noteDependants(fact, signal),
})

export const noteEvents: readonly Effect<never>[] = [
  ...[noting(VersionPublished), noting(VersionDeprecated), noting(VersionYanked), noting(VersionDeleted), noting(TagMoved)],
  ...[noting(PublicationHeld), noting(PublicationExpired), noting(ManifestQuarantined), noting(QuarantineLifted)],
  ...[noting(SignatureRejected), noting(PublisherKeyRevoked)],
  ...[noting(ScanCompleted), noting(VulnerabilityDetected), noting(MaliciousContentFound)],
  ...[noting(BreakingChangeDetected), noteDependantsAffected, noting(WebhookDisabled)],
]

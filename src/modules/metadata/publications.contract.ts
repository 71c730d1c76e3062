import { type Static, Type } from '@sinclair/typebox'
import { defineEvent } from '../../shared/kernel/event.ts'
import { service } from '../../shared/kernel/service.ts'
import type { Located } from './contract.ts'

/** A manifest about to be found by names: a version, tags, or both. */
export interface Publication {
  readonly located: Located
  readonly manifestDigest: string
  /** Null when only tags point to it, as for most images. */
  readonly version: string | null
  readonly tags: readonly string[]
  /** Of the version, as it is about to be stored. */
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Only bytes were published: nobody could know the manifest before. */
  readonly bare?: true
  /** What the publisher sent along as proof, for example the header `x-signature`; digests of the layers it may be about come with it. */
  readonly proof?: { readonly signature: string; readonly blobDigests: readonly string[] }
}

/** What a module demands of whatever gets a name (design.md §5 decision 4). */
export interface PublicationPolicy {
  /** Of the module: `signing`. */
  readonly name: string
  /** What nothing but this put into quarantine is still read by digest or exact version by whoever may publish: what mends it is published beside it. */
  readonly isMendable?: true
  /** Before a publish to an artifact that is there, outside of its transaction: brings to hand what `concerns` asks for. */
  prepare?(located: Located): Promise<void>
  /**
   * Whether `review` could have anything to say. Asked before the manifest is written, so that a publish which concerns nobody waits for nothing: no
   * question to the database when warm. Without it, every publication is reviewed.
   */
  concerns?(publication: Publication): boolean | Promise<boolean>
  /** Within the transaction of the publish. A text holds the publication back and says why; `null` has no objection. What it throws refuses the publish. */
  review(publication: Publication): Promise<string | null>
  /** Before a reader who may not write gets a version, a manifest or its bytes, after quarantine was looked at: throws to refuse. Has to be cheap when warm. */
  checkRead?(located: Located, manifestDigest: string): Promise<void>
}

export const HeldPublication = Type.Object({
  manifestDigest: Type.String(),
  version: Type.Union([Type.String(), Type.Null()]),
  tags: Type.Array(Type.String(), { description: 'Names that will point to it.' }),
  holds: Type.Array(Type.Object({ policy: Type.String(), reason: Type.String() })),
  heldAt: Type.String(),
  expiresAt: Type.String(),
})
export type HeldPublication = Static<typeof HeldPublication>

/** A manifest of one artifact. */
export interface ManifestRef {
  readonly artifactId: string
  readonly manifestDigest: string
}

/**
 * Between a push and its names. Held publications are `pending`: writers read them by digest or exact version, names do not resolve; they are dropped after
 * `metadata.pendingHours` (24). Quarantine is answered with 403 and its reason, by whatever name or digest the manifest is asked for.
 */
export interface Publications {
  /** In `setup`. */
  addPolicy(policy: PublicationPolicy): void
  /** The policy has no objection any more: when it was the last, the names resolve, and what a publish emits is emitted. Nothing when it holds nothing. */
  release(manifest: ManifestRef, policy: string): Promise<void>
  /** The policy holds it still, for a reason that it knows by now. Nothing when it does not hold it. */
  explain(manifest: ManifestRef, policy: string, reason: string): Promise<void>
  /** Also of what is held: it never gets its names. Several causes may be there at once. Answers whether this one is new. */
  quarantine(manifest: ManifestRef, cause: { readonly by: string; readonly reason: string }): Promise<boolean>
  /** Takes back one cause. When it was the last, the manifest is what it was before. */
  liftQuarantine(manifest: ManifestRef, by: string): Promise<boolean>
  /** What waits, of one artifact: a thousand at most, newest first. */
  held(artifactId: string): Promise<readonly HeldPublication[]>
  /**
   * Before a door gives out a manifest that it found by digest or by a plain tag; `Catalog.version` asks the same of versions. Throws
   * `metadata.quarantined`, or what a policy throws. `hidden`: the caller will be told that there is none, unless it is in quarantine. `toMend`: it was
   * asked for by digest or exact version, as whoever mends it does. No question to the database when warm.
   */
  checkRead(located: Located, manifestDigest: string, as?: { readonly hidden?: boolean; readonly toMend?: boolean }): Promise<void>
}
export const Publications = service<Publications>('metadata.publications')

/** What events about one manifest of an artifact carry. */
export const ManifestFact = Type.Object({
  artifactId: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
  format: Type.String(),
  manifestDigest: Type.String(),
})
const Names = Type.Object({ version: Type.Union([Type.String(), Type.Null()]), tags: Type.Array(Type.String()) })
export const PublicationHeld = defineEvent(
  'metadata.publication_held',
  Type.Composite([ManifestFact, Names, Type.Object({ policies: Type.Array(Type.String()) })]),
)
/** Nothing holds it any more: the names that still wanted it point to it. */
export const PublicationReleased = defineEvent('metadata.publication_released', Type.Composite([ManifestFact, Names]))
export const PublicationExpired = defineEvent('metadata.publication_expired', Type.Composite([ManifestFact, Names]))
export const ManifestQuarantined = defineEvent(
  'metadata.manifest_quarantined',
  Type.Composite([ManifestFact, Type.Object({ by: Type.String(), reason: Type.String() })]),
)
export const QuarantineLifted = defineEvent(
  'metadata.quarantine_lifted',
  Type.Composite([ManifestFact, Type.Object({ by: Type.String() })]),
)

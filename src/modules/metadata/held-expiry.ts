import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import { service } from '../../shared/kernel/service.ts'
import type { Audit } from '../auth/contract.ts'
import { type Located, ManifestExpired } from './contract.ts'
import type { Directory } from './directory.ts'
import { freedPrefix } from './freed-name.ts'
import type { HeldPublications } from './held-publications.ts'
import { heldById } from './located-rows.ts'
import { type ManifestRef, PublicationExpired } from './publications.contract.ts'
import type { Revisions } from './revisions.ts'
import { manifestFactOf, manifestSubjectOf } from './version-fact.ts'
import type { VersionLookup } from './version-lookup.ts'

export interface HeldExpiryDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly audit: Audit
  readonly directory: Directory
  readonly revisions: Revisions
}

interface Collaborators {
  readonly held: HeldPublications
  readonly lookup: VersionLookup
}

/** Drops what waited too long. */
export interface HeldExpiry {
  /** How many; what is left, the next run drops. */
  expire(signal: AbortSignal): Promise<number>
}
export const HeldExpiry = service<HeldExpiry>('metadata.held_expiry')

const mostPerRun = 10_000

/** What is in quarantine stays: somebody may have to look at it, and may let it go. */
export class HeldExpiryService implements HeldExpiry {
  readonly #deps: HeldExpiryDeps
  readonly #with: Collaborators

  constructor(deps: HeldExpiryDeps, collaborators: Collaborators) {
    this.#deps = deps
    this.#with = collaborators
  }

  async expire(signal: AbortSignal): Promise<number> {
    const due = await this.#deps.database.sql<ManifestRef>`select artifact_id as "artifactId", manifest_digest as "manifestDigest"
      from held_publications h where expires_at <= now() and not exists (
        select 1 from quarantines q where q.artifact_id = h.artifact_id and q.manifest_digest = h.manifest_digest)
      order by expires_at limit ${mostPerRun}`
    let dropped = 0
    const failures: unknown[] = []
    for (const manifest of due) {
      if (signal.aborted) break
      try {
        dropped += Number(await this.#drop(manifest))
      } catch (error) {
        failures.push(error)
      }
    }
    // One that fails each time must not keep the others waiting.
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} held publications could not be dropped`)
    return dropped
  }

  /** Judged again under the lock: it may have been pushed again. */
  #drop(manifest: ManifestRef): Promise<boolean> {
    const { artifactId, manifestDigest } = manifest
    const { database, events, revisions } = this.#deps
    return this.#deps.transaction.run(async () => {
      const located = await heldById(this.#deps, artifactId)
      if (!located) return false
      const due =
        await database.sql`select 1 from held_publications h where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest}
        and expires_at <= now() and not exists (
          select 1 from quarantines q where q.artifact_id = h.artifact_id and q.manifest_digest = h.manifest_digest)`
      const taken = due.length > 0 ? await this.#with.held.take(manifest) : undefined
      if (!taken) return false
      await revisions.raise(located.artifact)
      const versions = await this.#dropVersions(manifest)
      const names = { version: versions[0] ?? null, tags: [...versions.slice(1), ...taken.names.map(({ name }) => name)] }
      await this.#record(located, manifestDigest, names)
      await events.emit(PublicationExpired, { ...manifestFactOf(located, manifestDigest), ...names })
      const [clock] = await database.sql<{ expiredAt: string }>`select clock_timestamp()::text as "expiredAt"`
      if (clock) await events.emit(ManifestExpired, { artifactId, manifestDigest, ...clock })
      return true
    })
  }

  /** Nobody but writers ever saw them, so their names are free; the rows stay for whatever refers to them. */
  async #dropVersions({ artifactId, manifestDigest }: ManifestRef): Promise<string[]> {
    const rows = await this.#deps.database.sql<{ version: string }>`
      with pending as (select id, version from versions
        where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} and state = 'pending')
      update versions v set state = 'deleted', deleted_at = now(), version = ${freedPrefix} || v.id::text, sort_key = ''
      from pending where v.id = pending.id returning pending.version`
    const versions = rows.map(({ version }) => version).toSorted()
    for (const version of versions) this.#with.lookup.changed(artifactId, version)
    return versions
  }

  #record(located: Located, manifestDigest: string, names: { readonly version: string | null; readonly tags: readonly string[] }) {
    return this.#deps.audit.record({
      action: 'publication.expired',
      subject: manifestSubjectOf(located, manifestDigest),
      subjectId: located.artifact.id,
      namespace: located.namespace.name,
      before: { ...names },
    })
  }
}

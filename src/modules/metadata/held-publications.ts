import type { Database } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Audit } from '../auth/contract.ts'
import type { Located } from './contract.ts'
import type { Hold } from './publication-policies.ts'
import { type HeldPublication, type ManifestRef, PublicationHeld } from './publications.contract.ts'
import { manifestFactOf, manifestSubjectOf } from './version-fact.ts'
import type { VersionLookup } from './version-lookup.ts'

export interface HeldPublicationsDeps {
  readonly database: Database
  readonly events: Events
  readonly audit: Audit
}

/** What waits, and under which names it wants to be found. */
export interface NewHold {
  readonly manifestDigest: string
  readonly sizeBytes: number
  readonly keepsLatest: boolean
  /** Versions that are `pending`. */
  readonly versions: readonly string[]
  readonly tags: readonly { readonly name: string; readonly versionId: string | null }[]
}

export interface HeldName {
  readonly name: string
  readonly versionId: string | null
  readonly asked: number
  readonly askedBy: string | null
}

export interface TakenPublication {
  readonly sizeBytes: number
  readonly keepsLatest: boolean
  readonly names: readonly HeldName[]
}

/** Rows of what waits. Whoever changes them holds the artifact's row. */
export class HeldPublications {
  readonly #deps: HeldPublicationsDeps
  readonly #lookup: VersionLookup
  readonly #pendingHours: number

  constructor(deps: HeldPublicationsDeps, lookup: VersionLookup, pendingHours: number) {
    this.#deps = deps
    this.#lookup = lookup
    this.#pendingHours = pendingHours
  }

  /** What waits already gets the new reasons, more time, and the names it did not ask for yet. */
  async hold(located: Located, { manifestDigest, sizeBytes, keepsLatest, versions, tags }: NewHold, holds: readonly Hold[]): Promise<void> {
    const { artifact, namespace, caller } = located
    const reasons = Object.fromEntries(holds.map(({ policy, reason }) => [policy, reason]))
    await this.#deps.database.sql`with publication as (
        insert into held_publications (artifact_id, manifest_digest, size_bytes, keeps_latest, holds, expires_at)
        values (${artifact.id}, ${manifestDigest}, ${sizeBytes}, ${keepsLatest}, ${JSON.stringify(reasons)}::jsonb,
          now() + make_interval(secs => ${this.#pendingHours * 3_600}))
        on conflict (artifact_id, manifest_digest) do update
          set holds = excluded.holds, expires_at = excluded.expires_at, keeps_latest = excluded.keeps_latest)
      insert into held_names (artifact_id, manifest_digest, name, version_id, asked, asked_by)
      select ${artifact.id}, ${manifestDigest}, name, version_id,
        place + (select coalesce(max(asked), 0) from held_names where artifact_id = ${artifact.id}), ${caller?.userId ?? null}::uuid
      from unnest(${tags.map(({ name }) => name)}::text[], ${tags.map(({ versionId }) => versionId)}::uuid[])
        with ordinality as wanted (name, version_id, place)
      on conflict (artifact_id, manifest_digest, name) do update
        set version_id = excluded.version_id, asked = excluded.asked, asked_by = excluded.asked_by`
    const names = { version: versions[0] ?? null, tags: [...versions.slice(1), ...tags.map(({ name }) => name)] }
    await this.#deps.audit.record({
      action: 'publication.held',
      subject: manifestSubjectOf(located, manifestDigest),
      subjectId: artifact.id,
      namespace: namespace.name,
      after: { ...names, holds: reasons },
    })
    const policies = holds.map(({ policy }) => policy)
    await this.#deps.events.emit(PublicationHeld, { ...manifestFactOf(located, manifestDigest), ...names, policies })
    this.#lookup.manifestChanged(artifact.id, manifestDigest)
    for (const version of versions) this.#lookup.changed(artifact.id, version)
  }

  async holdsOf({ artifactId, manifestDigest }: ManifestRef): Promise<Readonly<Record<string, string>> | undefined> {
    const [row] = await this.#deps.database.sql<{ holds: Record<string, string> }>`
      select holds from held_publications where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest}`
    return row?.holds
  }

  /** Its versions say why they wait; one in quarantine says so when it is back. */
  async setHolds({ artifactId, manifestDigest }: ManifestRef, holds: Readonly<Record<string, string>>): Promise<void> {
    const { database } = this.#deps
    const text = Object.values(holds).join('; ')
    await database.sql`update held_publications set holds = ${JSON.stringify(holds)}::jsonb
      where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest}`
    const rows = await database.sql<{ version: string }>`update versions set
        state_reason = case when state = 'pending' then ${text} else state_reason end,
        reason_before = case when state = 'pending' then null else ${text} end
      where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest}
        and (state = 'pending' or (state = 'quarantined' and state_before = 'pending')) returning version`
    for (const { version } of rows) this.#lookup.changed(artifactId, version)
  }

  /** Removes it, and says what it waited for; `undefined` when it does not wait. */
  async take({ artifactId, manifestDigest }: ManifestRef): Promise<TakenPublication | undefined> {
    // The names go with it, after the whole statement.
    const [row] = await this.#deps.database.sql<TakenPublication>`with taken as (delete from held_publications
        where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} returning size_bytes, keeps_latest)
      select size_bytes as "sizeBytes", keeps_latest as "keepsLatest", coalesce((
        select json_agg(json_build_object('name', name, 'versionId', version_id, 'asked', asked, 'askedBy', asked_by) order by asked)
        from held_names where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest}), '[]'::json) as names from taken`
    if (!row) return undefined
    this.#lookup.manifestChanged(artifactId, manifestDigest)
    return row
  }

  /** Of a version that is no more. The rest goes with it when it waited for nothing else. */
  async forgetVersion(
    { artifact }: Located,
    { id, manifestDigest }: { readonly id: string; readonly manifestDigest: string },
  ): Promise<void> {
    const { database } = this.#deps
    await database.sql`delete from held_names where version_id = ${id}`
    await database.sql`delete from held_publications h where artifact_id = ${artifact.id} and manifest_digest = ${manifestDigest}
      and not exists (select 1 from held_names n where n.artifact_id = h.artifact_id and n.manifest_digest = h.manifest_digest)
      and not exists (select 1 from versions v where v.artifact_id = h.artifact_id and v.manifest_digest = h.manifest_digest
        and (v.state = 'pending' or v.state_before = 'pending'))`
    this.#lookup.manifestChanged(artifact.id, manifestDigest)
  }

  async list(artifactId: string): Promise<readonly HeldPublication[]> {
    const rows = await this.#deps.database.sql<
      Omit<HeldPublication, 'version' | 'holds'> & { holds: Record<string, string>; versions: string[] }
    >`
      select h.manifest_digest as "manifestDigest", h.holds, h.held_at as "heldAt", h.expires_at as "expiresAt",
        array(select v.version from versions v where v.artifact_id = h.artifact_id and v.manifest_digest = h.manifest_digest
          and (v.state = 'pending' or (v.state = 'quarantined' and v.state_before = 'pending')) order by v.version) as versions,
        array(select n.name from held_names n where n.artifact_id = h.artifact_id and n.manifest_digest = h.manifest_digest
          order by n.asked) as tags
      from held_publications h where h.artifact_id = ${artifactId} order by h.held_at desc, h.manifest_digest limit ${listed}`
    return rows.map(({ versions, tags, holds, ...row }) => ({
      ...row,
      version: versions[0] ?? null,
      tags: [...versions.slice(1), ...tags],
      holds: Object.entries(holds).map(([policy, reason]) => ({ policy, reason })),
    }))
  }
}

const listed = 1_000

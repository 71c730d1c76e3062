import type { Database } from '../../shared/kernel/database.ts'
import type { Located, VersionSummary } from './contract.ts'
import type { ManifestRef } from './publications.contract.ts'
import { quarantineOf, summaryColumns, type VersionLookup } from './version-lookup.ts'
import type { VersionWriter } from './version-writer.ts'

interface Collaborators {
  readonly lookup: VersionLookup
  readonly writer: VersionWriter
}

/** Rows of what nobody gets, and the versions and names they are about. Whoever changes them holds the artifact's row. */
export class Quarantines {
  readonly #database: Database
  readonly #with: Collaborators

  constructor(database: Database, collaborators: Collaborators) {
    this.#database = database
    this.#with = collaborators
  }

  /** Whether the cause is new; a known one may have another reason now. */
  async add(
    { artifactId, manifestDigest }: ManifestRef,
    { by, reason }: { readonly by: string; readonly reason: string },
  ): Promise<boolean> {
    const [row] = await this.#database.sql<{ added: boolean }>`
      insert into quarantines (artifact_id, manifest_digest, cause, reason) values (${artifactId}, ${manifestDigest}, ${by}, ${reason})
      on conflict (artifact_id, manifest_digest, cause) do update set reason = excluded.reason returning xmax = 0 as added`
    return row?.added ?? false
  }

  async remove({ artifactId, manifestDigest }: ManifestRef, by: string): Promise<boolean> {
    const rows = await this.#database.sql`delete from quarantines
      where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} and cause = ${by} returning cause`
    return rows.length > 0
  }

  /** Every reason there is; `undefined` when there is none. */
  reason(manifest: ManifestRef): Promise<string | undefined> {
    return quarantineOf(this.#database, manifest)
  }

  /** Its versions are in quarantine, and `latest` leaves them as it leaves what is yanked. */
  async close(located: Located, manifestDigest: string, reason: string): Promise<void> {
    const artifactId = located.artifact.id
    const versions = await this.#database.sql<VersionSummary>`update versions v set
        state_before = case when state = 'quarantined' then state_before else state end,
        reason_before = case when state = 'quarantined' then reason_before else state_reason end,
        state = 'quarantined', state_reason = ${reason}
      where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} and state <> 'deleted' returning ${summaryColumns}`
    for (const version of versions) await this.#with.writer.leaveLatestOf(located, version, 'release')
    await this.#forget({ artifactId, manifestDigest }, versions)
  }

  /** Its versions are what they were before. */
  async open(located: Located, manifestDigest: string): Promise<void> {
    const artifactId = located.artifact.id
    const versions = await this.#database.sql<VersionSummary>`update versions v set
        state = coalesce(state_before, 'published'), state_reason = reason_before, state_before = null, reason_before = null
      where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest} and state = 'quarantined' returning ${summaryColumns}`
    for (const { id, state } of versions)
      if (state === 'published' || state === 'deprecated') await this.#with.writer.followLatest(located, id)
    await this.#forget({ artifactId, manifestDigest }, versions)
  }

  async #forget({ artifactId, manifestDigest }: ManifestRef, versions: readonly VersionSummary[]): Promise<void> {
    const { lookup } = this.#with
    const tags = await this.#database.sql<{ name: string }>`
      select name from tags where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest}`
    for (const name of [...versions.map(({ version }) => version), ...tags.map(({ name }) => name)]) lookup.changed(artifactId, name)
    lookup.manifestChanged(artifactId, manifestDigest)
  }
}

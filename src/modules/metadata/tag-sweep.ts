import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Audit } from '../auth/contract.ts'
import { type Located, type Tag, TagMoved } from './contract.ts'
import type { VersionLookup } from './version-lookup.ts'

export interface TagSweepDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly audit: Audit
}

export type SweptTag = Pick<Tag, 'name' | 'version' | 'manifestDigest'>

const namesPerAuditRow = 100

/** Takes many tags away at once: a statement for all of them, where `TagService` has several for each. */
export class TagSweep {
  readonly #deps: TagSweepDeps
  readonly #lookup: VersionLookup

  constructor(deps: TagSweepDeps, lookup: VersionLookup) {
    this.#deps = deps
    this.#lookup = lookup
  }

  /** The caller holds the artifact's row, and read `tags` while it did. `reason` goes into the audit log. */
  async drop({ artifact, namespace, caller }: Located, tags: readonly SweptTag[], reason?: string): Promise<void> {
    if (tags.length === 0) return
    const { database, audit, events } = this.#deps
    const names = tags.map(({ name }) => name)
    await database.sql`insert into tag_history (id, artifact_id, tag, from_version, from_digest, changed_by, changed_at)
      select id, ${artifact.id}, tag, version, digest, ${caller?.userId ?? null}, clock_timestamp()
      from unnest(${tags.map(() => uuidv7())}::uuid[], ${names}::text[], ${tags.map(({ version }) => version)}::text[],
        ${tags.map(({ manifestDigest }) => manifestDigest)}::text[]) as gone (id, tag, version, digest)`
    await database.sql`delete from tags where artifact_id = ${artifact.id} and name = any(${names}::text[])`
    for (let from = 0; from < tags.length; from += namesPerAuditRow) {
      const part = tags.slice(from, from + namesPerAuditRow)
      const [only] = part
      await audit.record({
        action: 'tag.deleted',
        subject: `${namespace.name}/${artifact.name}${part.length === 1 && only ? `:${only.name}` : ''}`,
        subjectId: artifact.id,
        namespace: namespace.name,
        before: part.length === 1 ? { version: only?.version, manifestDigest: only?.manifestDigest } : { tags: part },
        ...(reason !== undefined && { after: { reason } }),
      })
    }
    for (const { name, manifestDigest } of tags) {
      await events.emit(TagMoved, { artifactId: artifact.id, tag: name, from: manifestDigest, to: null })
      this.#lookup.changed(artifact.id, name)
    }
  }
}

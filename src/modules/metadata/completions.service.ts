import type { Database } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import { type Completion, type Completions, VersionsCompleted } from './completions.contract.ts'

export class CompletionService implements Completions {
  readonly #deps: { readonly database: Database; readonly events: Events }

  constructor(deps: { readonly database: Database; readonly events: Events }) {
    this.#deps = deps
  }

  async complete(completions: readonly Completion[]): Promise<void> {
    if (completions.length === 0) return
    const { database, events } = this.#deps
    const versions = await database.sql<{ versionId: string; artifactId: string }>`with given as materialized (
        select v.id, r.members from jsonb_to_recordset(${JSON.stringify(completions)}::jsonb) as r ("versionId" uuid, members jsonb)
          join versions v on v.id = r."versionId" and v.state <> 'deleted'
        where exists (select from jsonb_object_keys(r.members) k (name) where not v.metadata ? k.name) order by v.id for no key update of v
      )
      update versions v set metadata = g.members || v.metadata from given g where v.id = g.id returning v.id as "versionId", v.artifact_id as "artifactId"`
    if (versions.length > 0) await events.emit(VersionsCompleted, { versions })
  }
}

import type { Database } from '../../../shared/kernel/database.ts'

export interface TagMove {
  /** Null: the tag was taken away. */
  readonly digest: string | null
  readonly at: string
}

const maxMoves = 200

/** Where a tag that is no version pointed, oldest first; of many moves the last ones. */
export async function tagMoves(database: Database, artifactId: string, tag: string): Promise<readonly TagMove[]> {
  const rows = await database.sql<TagMove & { readonly version: string | null }>`
    select to_digest as digest, to_version as version, changed_at as at from tag_history
    where artifact_id = ${artifactId} and tag = ${tag} order by changed_at desc, id desc limit ${maxMoves}`
  return rows.filter(({ version }) => version === null).toReversed()
}

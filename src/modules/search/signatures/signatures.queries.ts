import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import type { DeclaredFields, WantedFields } from '../../timescape/signatures.contract.ts'

/** Rows are made anew when this changes. */
const indexing = '1'

/** The version that `search_documents d` shows. */
const shownVersion = sql`versions v on v.artifact_id = d.artifact_id and v.version = d.version and v.state in ('published', 'deprecated')`

export interface DeclaredSource {
  readonly artifactId: string
  readonly source: string
  readonly gtypes: unknown
  readonly dependencies: unknown
}

/** Those of these documents that declare something else than what was indexed. */
export const changedDeclarations = (database: Database, artifactIds: readonly string[]): Promise<DeclaredSource[]> =>
  database.sql<DeclaredSource>`select * from (
      select d.artifact_id as "artifactId", v.metadata->'gtypes' as gtypes, v.metadata->'dependencies' as dependencies,
        md5(concat_ws(' ', ${indexing}::text, (v.metadata->'gtypes')::text, (v.metadata->'dependencies')::text)) as source
      from search_documents d left join ${shownVersion} where d.artifact_id = any(${artifactIds}::uuid[])) found
    where not exists (select 1 from search_declarations s where s.artifact_id = found."artifactId" and s.source = found.source)`

export interface Declaration {
  readonly artifactId: string
  readonly source: string
  readonly dependencies: readonly string[]
  readonly declared: readonly DeclaredFields[]
}

/** A document that went away meanwhile gets none. */
export async function writeDeclaration(database: Database, { artifactId, source, dependencies, declared }: Declaration): Promise<void> {
  await database.sql`insert into search_declarations (artifact_id, source, dependencies)
    select artifact_id, ${source}, ${dependencies}::text[] from search_documents where artifact_id = ${artifactId} for key share
    on conflict (artifact_id) do update set source = excluded.source, dependencies = excluded.dependencies`
  await database.sql`delete from search_signatures where artifact_id = ${artifactId}`
  if (declared.length === 0) return
  await database.sql`insert into search_signatures (artifact_id, position, direction, fields, names, required)
    select d.artifact_id, r.position, r.direction, r.fields, r.names, r.required
    from jsonb_to_recordset(${JSON.stringify(declared.map((row, position) => ({ ...row, position })))}::jsonb)
      as r (position smallint, direction text, fields text[], names text[], required text[])
      join search_documents d on d.artifact_id = ${artifactId}`
}

export interface Candidate {
  readonly artifactId: string
  readonly gtypes: unknown
}

/** Artifacts that the index does not rule out, of rows `d`, `a` and `n` that `where` lets through, those that count most first. */
export const candidatesOf = (
  database: Database,
  parts: readonly WantedFields[],
  { where, limit }: { readonly where: RawBuilder<unknown>; readonly limit: number },
): Promise<Candidate[]> =>
  database.sql<Candidate>`select d.artifact_id as "artifactId", v.metadata->'gtypes' as gtypes
    from search_documents d join artifacts a on a.id = d.artifact_id join namespaces n on n.id = a.namespace_id join ${shownVersion}
      left join search_standings s on s.artifact_id = d.artifact_id
    where ${sql.join(
      parts.map((part) => sql`d.artifact_id in (select artifact_id from search_signatures where ${rowFits(part)})`),
      sql` and `,
    )} and ${where}
    order by s.relevance desc nulls last, d.artifact_id limit ${limit}`

function rowFits({ direction, mode, fields, names }: WantedFields): RawBuilder<unknown> {
  const list = mode === 'superset' ? fields : names
  const isDirection = sql`direction = ${direction}`
  if (mode === 'superset') return sql`${isDirection} and (fields @> ${list}::text[] or fields @> array['*'])`
  return direction === 'input' ? sql`${isDirection} and required <@ ${list}::text[]` : sql`${isDirection} and names <@ ${list}::text[]`
}

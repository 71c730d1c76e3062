import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import type { DeclaredFields, WantedFields } from '../../timescape/signatures.contract.ts'

/** Rows are made anew when this changes. */
const indexing = '2'
/** Of the types of one artifact; those of who declares more are not looked for. */
const maxTypeBytes = 131_072

/** The version that `search_documents d` shows. */
const shownVersion = sql`versions v on v.artifact_id = d.artifact_id and v.version = d.version and v.state in ('published', 'deprecated')`

/** Made once a row. */
const typesText = sql`lateral (select (v.metadata->'gtypes')::text as gtypes offset 0) t`

export interface DeclaredSource {
  readonly artifactId: string
  readonly source: string
  readonly gtypes: unknown
  readonly dependencies: unknown
}

/** Those of these documents that declare something else than what was indexed. */
export const changedDeclarations = (database: Database, artifactIds: readonly string[]): Promise<DeclaredSource[]> =>
  database.sql<DeclaredSource>`select * from (
      select d.artifact_id as "artifactId", case when octet_length(t.gtypes) <= ${maxTypeBytes} then v.metadata->'gtypes' end as gtypes, v.metadata->'dependencies' as dependencies,
        md5(concat_ws(' ', ${indexing}::text, t.gtypes, (v.metadata->'dependencies')::text)) as source
      from search_documents d left join ${shownVersion} cross join ${typesText}
      where d.artifact_id = any(${artifactIds}::uuid[])) found
    where not exists (select 1 from search_declarations s where s.artifact_id = found."artifactId" and s.source = found.source)`

export interface Declaration {
  readonly artifactId: string
  readonly source: string
  readonly dependencies: readonly string[]
  readonly declared: readonly DeclaredFields[]
}

/** Documents that went away meanwhile get none. */
export async function writeDeclarations(database: Database, declarations: readonly Declaration[]): Promise<void> {
  if (declarations.length === 0) return
  const rows = declarations.map(({ artifactId, source, dependencies }) => ({ artifactId, source, dependencies }))
  const types = declarations.flatMap(({ artifactId, declared }) => declared.map((row, position) => ({ artifactId, position, ...row })))
  const kept = await database.sql<{ artifactId: string }>`insert into search_declarations (artifact_id, source, dependencies)
    select d.artifact_id, r.source, r.dependencies
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r ("artifactId" uuid, source text, dependencies text[])
      join search_documents d on d.artifact_id = r."artifactId" order by d.artifact_id for key share of d
    on conflict (artifact_id) do update set source = excluded.source, dependencies = excluded.dependencies
    returning artifact_id as "artifactId"`
  const ids = kept.map(({ artifactId }) => artifactId)
  await database.sql`delete from search_signatures where artifact_id = any(${ids}::uuid[])`
  if (types.length === 0) return
  await database.sql`insert into search_signatures (artifact_id, position, direction, fields, names, required)
    select * from jsonb_to_recordset(${JSON.stringify(types)}::jsonb)
      as r ("artifactId" uuid, position smallint, direction text, fields text[], names text[], required text[])
    where "artifactId" = any(${ids}::uuid[])`
}

/** Artifacts that the index does not rule out, of rows `d`, `a` and `n` that `where` lets through, those that count most first. */
export async function candidatesOf(
  database: Database,
  parts: readonly WantedFields[],
  { where, limit }: { readonly where: RawBuilder<unknown>; readonly limit: number },
): Promise<string[]> {
  const rows = await database.sql<{ artifactId: string }>`select d.artifact_id as "artifactId"
    from search_documents d join artifacts a on a.id = d.artifact_id join namespaces n on n.id = a.namespace_id
      left join search_standings s on s.artifact_id = d.artifact_id
    where ${sql.join(
      parts.map((part) => sql`d.artifact_id in (select artifact_id from search_signatures where ${rowFits(part)})`),
      sql` and `,
    )} and ${where}
    order by s.relevance desc nulls last, d.artifact_id limit ${limit}`
  return rows.map(({ artifactId }) => artifactId)
}

export interface ShownTypes {
  readonly artifactId: string
  /** Text of JSON. */
  readonly gtypes: string
}

/** What the shown versions of these declare, in their order. */
export const typesOf = (database: Database, artifactIds: readonly string[]): Promise<ShownTypes[]> =>
  database.sql<ShownTypes>`select d.artifact_id as "artifactId", t.gtypes from search_documents d join ${shownVersion} cross join ${typesText}
    where d.artifact_id = any(${artifactIds}::uuid[]) and octet_length(t.gtypes) <= ${maxTypeBytes}
    order by array_position(${artifactIds}::uuid[], d.artifact_id)`

function rowFits({ direction, mode, fields, names }: WantedFields): RawBuilder<unknown> {
  const list = mode === 'superset' ? fields : names
  const isDirection = sql`direction = ${direction}`
  if (mode === 'superset') return sql`${isDirection} and (fields @> ${list}::text[] or fields @> array['*'])`
  return direction === 'input' ? sql`${isDirection} and required <@ ${list}::text[]` : sql`${isDirection} and names <@ ${list}::text[]`
}

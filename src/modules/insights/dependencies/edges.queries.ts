import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import { isRelaxed, relaxed } from '../../../shared/kernel/relaxed-commit.ts'
import type { Sight } from '../../auth/contract.ts'
import type { DeclaredDependencies } from '../../timescape/dependencies.contract.ts'
import type { Named } from '../artifacts.queries.ts'
import { offered, visible } from '../visible.ts'

/** One thing that a version depends on. */
export interface DependencyRow {
  readonly versionId: string
  readonly namespace: string
  readonly name: string
  readonly format: string | null
  readonly range: string
  readonly kind: string
  readonly optional: boolean
}

/** In the order of names. */
export const dependenciesOfVersions = (database: Database, versionIds: readonly string[], limit: number): Promise<DependencyRow[]> =>
  database.sql<DependencyRow>`select d.version_id as "versionId", d.target_namespace as namespace, d.target_name as name,
      d.target_format as format, d.range, d.kind, d.optional
    from insights_dependencies d where d.version_id = any(${versionIds}::uuid[])
    order by array_position(${versionIds}::uuid[], d.version_id), d.target_namespace, d.target_name limit ${limit}`

/** Somebody who depends on what was asked about. */
export interface DependantRow {
  readonly artifactId: string
  readonly namespace: string
  readonly name: string
  readonly format: string
  readonly type: string
  readonly version: string
  readonly range: string
  readonly kind: string
  readonly optional: boolean
  readonly target: Named
}

interface DependantsQuery {
  readonly targets: readonly Named[]
  readonly sight: Sight
  readonly limit: number
}

const targetsOf = (targets: readonly Named[]) =>
  sql`jsonb_to_recordset(${JSON.stringify(
    targets.map(({ namespace, name, format }, place) => ({ namespace, name, format, place })),
  )}::jsonb) as w (namespace text, name text, format text, place integer)`

/** Rows name their target by its place: a document in each of thousands of rows takes longer than all the rest of them. */
function withTargets<Row extends { readonly place: number }>(rows: readonly Row[], targets: readonly Named[]): (Row & { target: Named })[] {
  return rows.flatMap((row) => {
    const target = targets[row.place]
    return target ? [{ ...row, target }] : []
  })
}

/** Artifacts the caller may see whose highest version depends on one of these, by age. */
export async function dependantsOfArtifacts(database: Database, { targets, sight, limit }: DependantsQuery): Promise<DependantRow[]> {
  const rows = await database.sql<
    Omit<DependantRow, 'target'> & { readonly place: number }
  >`select d.artifact_id as "artifactId", n.name as namespace, a.name, a.format, a.type, d.version, d.range, d.kind,
      d.optional, w.place
    from ${targetsOf(targets)}
    join timescape_dependencies d on d.target_namespace = w.namespace and d.target_name = w.name and coalesce(d.target_format, w.format) = w.format
    join artifacts a on a.id = d.artifact_id join namespaces n on n.id = a.namespace_id
    where ${visible(sight)} order by d.artifact_id, w.namespace, w.name limit ${limit}`
  return withTargets(rows, targets)
}

export interface VersionDependantRow extends DependantRow {
  readonly versionId: string
  /** As it was declared; null: of any format. */
  readonly wantedFormat: string | null
}

/** Offered versions, of artifacts the caller may see, that depend on one of these. */
export async function dependantVersions(database: Database, { targets, sight, limit }: DependantsQuery): Promise<VersionDependantRow[]> {
  const rows = await database.sql<
    Omit<VersionDependantRow, 'target'> & { readonly place: number }
  >`select d.version_id as "versionId", d.artifact_id as "artifactId", n.name as namespace, a.name, a.format, a.type,
      v.version, d.range, d.kind, d.optional, d.target_format as "wantedFormat", w.place
    from ${targetsOf(targets)}
    join insights_dependencies d on d.target_namespace = w.namespace and d.target_name = w.name and coalesce(d.target_format, w.format) = w.format
    join artifacts a on a.id = d.artifact_id join namespaces n on n.id = a.namespace_id join versions v on v.id = d.version_id
    where v.state in ${offered} and ${visible(sight)} order by d.artifact_id, v.sort_key desc, d.version_id limit ${limit}`
  return withTargets(rows, targets)
}

/** What these versions depend on, in the place of what was written of them before; answers the artifacts of those that are not deleted. */
export async function indexVersions(
  database: Database,
  declared: DeclaredDependencies,
  versionIds: readonly string[],
): Promise<readonly string[]> {
  const versions = await database.sql<{
    id: string
    artifactId: string
    namespace: string
    format: string
    metadata: Record<string, unknown>
  }>`
    select v.id, v.artifact_id as "artifactId", n.name as namespace, a.format, v.metadata - 'readme' as metadata
    from versions v join artifacts a on a.id = v.artifact_id join namespaces n on n.id = a.namespace_id
    where v.id = any(${versionIds}::uuid[]) and v.state <> 'deleted'`
  const found = await declared.of(versions)
  let chunk: { readonly ids: string[]; readonly rows: IndexRow[] } = { ids: [], rows: [] }
  for (const { id: versionId, artifactId, format } of versions) {
    chunk.ids.push(versionId)
    for (const one of found.get(versionId) ?? [])
      chunk.rows.push({ ...one, versionId, artifactId, format: format === 'npm' ? 'npm' : null })
    if (chunk.rows.length < rowsAtOnce) continue
    await writeIndex(database, chunk)
    chunk = { ids: [], rows: [] }
  }
  await writeIndex(database, chunk)
  return [...new Set(versions.map(({ artifactId }) => artifactId))]
}

type IndexRow = Omit<DependencyRow, 'format'> & { readonly artifactId: string; readonly format: string | null }

/** About as many; what belongs to one version is written together. */
const rowsAtOnce = 5_000

/** Rows that are as they should be are left alone. */
async function writeIndex(
  database: Database,
  { ids, rows }: { readonly ids: readonly string[]; readonly rows: readonly IndexRow[] },
): Promise<void> {
  if (ids.length === 0) return
  await database.sql`with ${relaxed}, declared as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as d ("versionId" uuid, "artifactId" uuid, namespace text, name text, format text, range text, kind text, optional boolean)
      where ${isRelaxed}
    ), gone as (
      delete from insights_dependencies k where k.version_id = any(${ids}::uuid[]) and not exists (select from declared d
        where d."versionId" = k.version_id and d.namespace = k.target_namespace and d.name = k.target_name)
    )
    insert into insights_dependencies as k (version_id, artifact_id, target_namespace, target_name, target_format, range, kind, optional)
    select d."versionId", d."artifactId", d.namespace, d.name, d.format, d.range, d.kind, d.optional
    from declared d order by 1, 3, 4
    on conflict (version_id, target_namespace, target_name) do update
      set target_format = excluded.target_format, range = excluded.range, kind = excluded.kind, optional = excluded.optional
      where (k.target_format, k.range, k.kind, k.optional) is distinct from (excluded.target_format, excluded.range, excluded.kind, excluded.optional)`
}

/** Versions by age from behind `after`. */
export async function versionsAfter(database: Database, after: string | null, limit: number): Promise<readonly string[]> {
  const behind = after === null ? sql`` : sql`where id > ${after}::uuid`
  const rows = await database.sql<{ id: string }>`select id from versions ${behind} order by id limit ${limit}`
  return rows.map(({ id }) => id)
}

import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
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

/** What these versions depend on; written once, because a version never changes. */
export async function indexVersions(database: Database, declared: DeclaredDependencies, versionIds: readonly string[]): Promise<void> {
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
  const rows = versions.flatMap(({ id: versionId, artifactId, format }) =>
    (found.get(versionId) ?? []).map((one) => ({ ...one, versionId, artifactId, format: format === 'npm' ? 'npm' : null })),
  )
  for (let at = 0; at < rows.length; at += rowsAtOnce)
    await database.sql`insert into insights_dependencies (version_id, artifact_id, target_namespace, target_name, target_format, range, kind, optional)
      select d."versionId", d."artifactId", d.namespace, d.name, d.format, d.range, d.kind, d.optional
      from jsonb_to_recordset(${JSON.stringify(rows.slice(at, at + rowsAtOnce))}::jsonb)
        as d ("versionId" uuid, "artifactId" uuid, namespace text, name text, format text, range text, kind text, optional boolean)
      on conflict do nothing`
}

const rowsAtOnce = 5_000

/** Versions by age from behind `after`. */
export async function versionsAfter(database: Database, after: string | null, limit: number): Promise<readonly string[]> {
  const behind = after === null ? sql`` : sql`where id > ${after}::uuid`
  const rows = await database.sql<{ id: string }>`select id from versions ${behind} order by id limit ${limit}`
  return rows.map(({ id }) => id)
}

import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import type { ArtifactFormat, ArtifactType } from '../../shared/types/artifact-type.ts'
import type { Sight } from '../auth/contract.ts'
import { offered, visible } from './visible.ts'

/** The name of an artifact; without a format: whatever bears it. */
export interface Named {
  readonly namespace: string
  readonly name: string
  readonly format: string | null
  /** Versions that are read even where the artifact offers more than are told. */
  readonly exact?: readonly string[]
}

export interface OfferedVersion {
  readonly id: string
  readonly version: string
  readonly deprecated: boolean
  readonly deprecation: string | null
  readonly manifestDigest: string
}

export interface SeenArtifact {
  readonly artifactId: string
  readonly namespace: string
  readonly name: string
  readonly format: ArtifactFormat
  readonly type: ArtifactType
}

export interface OfferedArtifact extends SeenArtifact {
  /** Highest first: the highest releases, then, where there is room, the highest pre-releases. */
  readonly versions: readonly OfferedVersion[]
  /** It offers others too. */
  readonly hasMore: boolean
  /** Of those others the ones that tags point to, and that were asked for by name. */
  readonly beside: readonly OfferedVersion[]
  readonly tags: ReadonlyMap<string, string>
}

/** Of one artifact. */
const maxVersions = 500
/** Of one artifact; of the tags, `latest` comes first. */
const maxTagged = 100

export const nameKey = ({ namespace, name }: Pick<Named, 'namespace' | 'name'>): string => `${namespace}/${name}`
export const isOfFormat = (format: string | null, { format: own }: Pick<OfferedArtifact, 'format'>): boolean =>
  format === null || format === own

/** Each name once, with all versions of it that are asked for. */
export const distinctNames = (names: readonly Named[]): Named[] =>
  [...Map.groupBy(names, nameKey).values()].flatMap((same) => {
    const exact = [...new Set(same.flatMap((one) => one.exact ?? []))]
    return same.slice(0, 1).map(({ namespace, name }) => ({ namespace, name, format: null, exact }))
  })

const bearing = (names: readonly Named[]) =>
  sql`jsonb_to_recordset(${JSON.stringify(distinctNames(names))}::jsonb) as w (namespace text, name text, exact text[])
    join namespaces n on n.name = w.namespace join artifacts a on a.namespace_id = n.id and a.name = w.name`

/** What the caller may see of these names; in the order of format. */
export const seenNames = async (database: Database, names: readonly Named[], sight: Sight): Promise<readonly SeenArtifact[]> =>
  names.length === 0
    ? []
    : database.sql<SeenArtifact>`select a.id as "artifactId", n.name as namespace, a.name, a.format, a.type
        from ${bearing(names)} where ${visible(sight)} order by a.format, a.id`

const told = sql`jsonb_build_object('id', v.id, 'version', v.version, 'deprecated', v.state = 'deprecated',
  'deprecation', v.deprecated_reason, 'manifestDigest', v.manifest_digest)`

/** What the caller may see of these names, with what it offers; in the order of format. Who asks for many goes by `KnownArtifacts`. */
export async function offeredArtifacts(database: Database, names: readonly Named[], sight: Sight): Promise<readonly OfferedArtifact[]> {
  if (names.length === 0) return []
  type Row = Omit<OfferedArtifact, 'tags'> & { readonly tags: Readonly<Record<string, string>> | null }
  const rows = await database.sql<Row>`
    select a.id as "artifactId", n.name as namespace, a.name, a.format, a.type, o.versions, o."hasMore",
      (select jsonb_object_agg(t.name, v.version) from tags t join versions v on v.id = t.version_id where t.artifact_id = a.id) as tags,
      coalesce(case when o."hasMore" then (select jsonb_agg(${told}) from versions v where v.state in ${offered} and v.id in (
          select x.id from versions x where x.artifact_id = a.id and x.version = any(w.exact)
          union (select t.version_id from tags t where t.artifact_id = a.id order by t.name <> 'latest', t.name limit ${maxTagged})))
        end, '[]') as beside
    from ${bearing(names)}
    cross join lateral (select coalesce(jsonb_agg(${told} order by v.sort_key desc, v.id desc) filter (where v.place <= ${maxVersions}::integer), '[]')
        as versions, coalesce(bool_or(v.place > ${maxVersions}::integer), false) as "hasMore"
      from (select r.*, row_number() over (order by r.prerelease, r.sort_key desc, r.id desc) as place
        from (select v.id, v.version, v.state, v.deprecated_reason, v.manifest_digest, v.prerelease, v.sort_key from versions v
          where v.artifact_id = a.id and v.state in ${offered}
          order by v.prerelease, v.sort_key desc, v.id desc limit ${maxVersions + 1}) r) v) o
    where ${visible(sight)} order by a.format, a.id`
  return rows.map((row) => {
    const known = new Set(row.beside.length === 0 ? [] : row.versions.map(({ id }) => id))
    return { ...row, beside: row.beside.filter(({ id }) => !known.has(id)), tags: new Map(Object.entries(row.tags ?? {})) }
  })
}

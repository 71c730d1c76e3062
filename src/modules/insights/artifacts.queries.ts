import type { Database } from '../../shared/kernel/database.ts'
import type { ArtifactFormat, ArtifactType } from '../../shared/types/artifact-type.ts'
import type { Sight } from '../auth/contract.ts'
import { offered, visible } from './visible.ts'

/** The name of an artifact; without a format: whatever bears it. */
export interface Named {
  readonly namespace: string
  readonly name: string
  readonly format: string | null
}

export interface OfferedVersion {
  readonly id: string
  readonly version: string
  readonly deprecated: boolean
  readonly deprecation: string | null
  readonly manifestDigest: string
}

export interface OfferedArtifact {
  readonly artifactId: string
  readonly namespace: string
  readonly name: string
  readonly format: ArtifactFormat
  readonly type: ArtifactType
  /** Highest first. */
  readonly versions: readonly OfferedVersion[]
  /** It offers older ones too. */
  readonly hasMore: boolean
  readonly tags: ReadonlyMap<string, string>
}

/** Of one artifact; who has more is asked about the highest. */
const maxVersions = 500

export const nameKey = ({ namespace, name }: Pick<Named, 'namespace' | 'name'>): string => `${namespace}/${name}`
export const isOfFormat = (format: string | null, { format: own }: Pick<OfferedArtifact, 'format'>): boolean =>
  format === null || format === own

/** What the caller may see of these names, with what it offers; in the order of format. */
export async function offeredArtifacts(database: Database, names: readonly Named[], sight: Sight): Promise<readonly OfferedArtifact[]> {
  if (names.length === 0) return []
  const wanted = JSON.stringify(names.map(({ namespace, name }) => ({ namespace, name })))
  type Row = Omit<OfferedArtifact, 'tags' | 'hasMore'> & { readonly tags: Readonly<Record<string, string>> | null }
  const rows = await database.sql<Row>`
    select a.id as "artifactId", n.name as namespace, a.name, a.format, a.type,
      (select jsonb_object_agg(t.name, v.version) from tags t join versions v on v.id = t.version_id where t.artifact_id = a.id) as tags,
      coalesce((select jsonb_agg(jsonb_build_object('id', v.id, 'version', v.version, 'deprecated', v.state = 'deprecated',
          'deprecation', v.deprecated_reason, 'manifestDigest', v.manifest_digest) order by v.sort_key desc, v.id desc)
        from (select * from versions o where o.artifact_id = a.id and o.state in ${offered}
          order by o.sort_key desc, o.id desc limit ${maxVersions + 1}) v), '[]') as versions
    from (select distinct namespace, name from jsonb_to_recordset(${wanted}::jsonb) as r (namespace text, name text)) w
    join namespaces n on n.name = w.namespace join artifacts a on a.namespace_id = n.id and a.name = w.name
    where ${visible(sight)} order by a.format, a.id`
  return rows.map((row) => ({
    ...row,
    versions: row.versions.slice(0, maxVersions),
    hasMore: row.versions.length > maxVersions,
    tags: new Map(Object.entries(row.tags ?? {})),
  }))
}

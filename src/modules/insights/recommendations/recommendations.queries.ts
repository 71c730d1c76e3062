import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import type { Sight } from '../../auth/contract.ts'
import { visible } from '../visible.ts'

/** Something that is recommended, and what it is recommended for. */
export interface Candidate {
  readonly artifactId: string
  readonly namespace: string
  readonly name: string
  readonly format: string
  readonly type: string
  readonly version: string
  readonly health: number
  /** 0 to 1 within its kind. */
  readonly score: number
  readonly together?: number
  readonly lift?: number
  readonly shared?: readonly string[]
}

interface Asked {
  readonly sight: Sight
  readonly limit: number
}

const maxLikely = 2_000

const shown = sql`a.id as "artifactId", n.name as namespace, a.name, a.format, a.type, h.version, h.score as health`
const artifacts = sql`artifacts a join namespaces n on n.id = a.namespace_id join insights_health h on h.artifact_id = a.id`
/** What nobody should begin with. */
const isSound = sql`not (h.badges && array['deprecated', 'vulnerable'])`

/** What comes together with these in what depends on them; the more of them and the closer, the better. */
export const usedTogether = (database: Database, artifactIds: readonly string[], { sight, limit }: Asked) =>
  database.sql<Candidate>`select ${shown}, p.score, p.together, p.lift
    from (select other_id, sum(jaccard)::float8 / ${artifactIds.length}::integer as score, max(together) as together, max(lift)::float8 as lift
      from insights_pairs where artifact_id = any(${artifactIds}::uuid[]) and other_id <> all(${artifactIds}::uuid[]) group by other_id) p
    join (${artifacts}) on a.id = p.other_id
    where ${visible(sight)} and ${isSound} order by p.score desc, p.lift desc, a.id limit ${limit}`

/** Whether the artifact of that id may be recommended. */
export const isSoundOne = (sight: Sight) => (id: RawBuilder<unknown>) =>
  sql`exists (select from ${artifacts} where a.id = ${id} and ${visible(sight)} and ${isSound})`

/** Those of these artifacts that may be recommended. */
export const soundOnes = (database: Database, artifactIds: readonly string[], { sight, limit }: Asked) =>
  database.sql<Candidate>`select ${shown}, 0 as score from ${artifacts}
    where a.id = any(${artifactIds}::uuid[]) and ${visible(sight)} and ${isSound} order by a.id limit ${limit}`

/** Plugins whose highest version depends on it. */
export const pluginsOf = (
  database: Database,
  { namespace, name, format }: { readonly namespace: string; readonly name: string; readonly format: string },
  { sight, limit }: Asked,
) =>
  database.sql<Candidate>`select ${shown}, h.score::float8 / 100 as score
    from timescape_dependencies d join (${artifacts}) on a.id = d.artifact_id
    where d.target_namespace = ${namespace} and d.target_name = ${name} and coalesce(d.target_format, ${format}) = ${format}
      and a.type = 'plugin' and ${visible(sight)} and ${isSound} order by h.score desc, a.id limit ${limit}`

/** Of whatever type `types` says, with words in common with `terms`; the most words first. */
export const sharing = (
  database: Database,
  {
    terms,
    besides,
    types,
    sight,
    limit,
  }: Asked & { readonly terms: readonly string[]; readonly besides: string | null; readonly types: ReturnType<typeof sql> },
) =>
  database.sql<Candidate>`select c.*, cardinality(c.shared)::float8 / ${Math.max(1, terms.length)}::integer as score
    from (select ${shown}, array(select unnest(h.terms) intersect select unnest(${terms}::text[]) order by 1) as shared
      from ${artifacts} where h.terms && ${terms}::text[] and (${besides}::uuid is null or a.id <> ${besides}::uuid) and ${types}
        and ${visible(sight)} and ${isSound} limit ${maxLikely}) c
    order by cardinality(c.shared) desc, c.health desc, c."artifactId" limit ${limit}`

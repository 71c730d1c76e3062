import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import type { Sight } from '../auth/contract.ts'
import type { SearchHit, Suggestion } from './contract.ts'
import { visibleArtifacts } from './visible-artifacts.ts'

type Fragment = RawBuilder<unknown>

export type HitFacts = Omit<SearchHit, 'tier' | 'score' | 'highlights'>

const maxMaintainers = 20
/** Roles on an artifact or a namespace whose holders publish. */
export const mayPublish = sql`('owner', 'admin', 'write')`

const usernames = (of: Fragment): Fragment =>
  sql`(select array_agg(name order by name) from (select m.name ${of} order by m.name limit ${sql.lit(maxMaintainers)}) names)`

const maintainers: Fragment = sql`coalesce(
  ${usernames(sql`from grants g join accounts m on m.id = g.user_id where g.artifact_id = a.id and g.role in ${mayPublish}`)},
  ${usernames(sql`from account_members o join accounts m on m.id = o.user_id where o.account_id = n.account_id and o.role = 'owner'`)},
  '{}')`

/**
 * What is told of artifacts that a driver found, in its order. Asks once more who may see them: another driver knows of a change of visibility
 * later than the rows do.
 */
export const hitsOf = (database: Database, sight: Sight, artifactIds: readonly string[]): Promise<HitFacts[]> =>
  database.sql<HitFacts>`
    select a.id as "artifactId", n.name as namespace, a.name, a.format, a.type, d.description, d.keywords, d.version, d.license, d.homepage,
      d.repository, d.capabilities, d.languages, d.gati_version as "gatiVersion", d.verified, d.security_score as "securityScore",
      u.name as publisher, d.published_at as "publishedAt", ${maintainers} as maintainers, a.downloads, a.stars
    from unnest(${artifactIds}::uuid[]) with ordinality found (id, place)
      join search_documents d on d.artifact_id = found.id join artifacts a on a.id = found.id join namespaces n on n.id = a.namespace_id
      left join accounts u on u.id = d.published_by
    where ${visibleArtifacts(sight)} order by found.place`

/** As `hitsOf`, as much as a suggestion shows. */
export const suggestionsOf = (database: Database, sight: Sight, artifactIds: readonly string[]): Promise<Suggestion[]> =>
  database.sql<Suggestion>`
    select n.name as namespace, a.name, a.format, a.type, d.description
    from unnest(${artifactIds}::uuid[]) with ordinality found (id, place)
      join search_documents d on d.artifact_id = found.id join artifacts a on a.id = found.id join namespaces n on n.id = a.namespace_id
    where ${visibleArtifacts(sight)} order by found.place`

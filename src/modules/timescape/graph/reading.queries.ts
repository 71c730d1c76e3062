import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import type { Change } from '../change.ts'
import type { EdgeRow } from './edges.queries.ts'
import { edgeColumns } from './edges.queries.ts'

/** A node as it is shown, and where it stands in the list. */
export interface ShownNode {
  readonly id: string
  readonly seq: number
  readonly version: string
  readonly timestamp: string
  readonly gtypeHash: string | null
  readonly manifestHash: string
  readonly parentVersions: string[]
  readonly deprecated: boolean
  readonly deprecationReason: string | null
  readonly sunset: string | null
  readonly suggestion: string | null
  readonly tsv: string
  readonly state: 'live' | 'superseded'
}

/** Last recorded first, from behind `before`. */
export const shownNodes = (
  database: Database,
  artifactId: string,
  { before, limit }: { readonly before: number | null; readonly limit: number },
): Promise<ShownNode[]> =>
  database.sql<ShownNode>`select n.id, n.seq, n.version, n.published_at as timestamp, n.gtype_hash as "gtypeHash", n.manifest_digest as "manifestHash",
      case when p.version is null then '{}'::text[] else array[p.version]::text[] end as "parentVersions",
      v.deprecated_reason is not null as deprecated, v.deprecated_reason as "deprecationReason", d.sunset, d.suggestion, n.tsv, n.state
    from timescape_nodes n left join timescape_nodes p on p.id = n.parent_id left join versions v on v.id = n.version_id
      left join timescape_deprecations d on d.artifact_id = n.artifact_id and d.version = n.version and v.deprecated_reason is not null
    where n.artifact_id = ${artifactId} and n.state <> 'deleted' and (${before}::integer is null or n.seq < ${before}::integer)
    order by n.seq desc limit ${limit}`

export interface ShownEdge extends EdgeRow {
  readonly from: string
  readonly to: string
  readonly fromDigest: string
  readonly toDigest: string
}

const named = sql`select ${edgeColumns}, f.version as "from", t.version as "to", f.manifest_digest as "fromDigest",
  t.manifest_digest as "toDigest" from timescape_edges e
  join timescape_nodes f on f.id = e.from_id join timescape_nodes t on t.id = e.to_id`

/** Edges that lead to these nodes. */
export const edgesTo = (database: Database, nodeIds: readonly string[]): Promise<ShownEdge[]> =>
  database.sql<ShownEdge>`${named} where e.to_id = any(${nodeIds}::uuid[]) and t.state <> 'deleted' order by t.seq desc, f.seq`

/** The newest first. */
export const breakingEdges = (
  database: Database,
  artifactId: string,
  { before, limit }: { readonly before: readonly [string, string] | null; readonly limit: number },
): Promise<ShownEdge[]> =>
  database.sql<ShownEdge>`${named} where e.artifact_id = ${artifactId} and e.type = 'breaking' and t.state <> 'deleted'
      and (${before?.[0] ?? null}::uuid is null or (e.to_id, e.from_id) < (${before?.[0] ?? null}::uuid, ${before?.[1] ?? null}::uuid))
    order by e.to_id desc, e.from_id desc limit ${limit}`

export interface ChainLink {
  readonly fromId: string
  readonly toId: string
  readonly from: string
  readonly to: string
  readonly type: EdgeRow['type']
  readonly fromDigest: string
  readonly toDigest: string
  readonly contentState: EdgeRow['contentState']
  readonly changes: number
}

const maxChain = 2_000

/** From a node downwards along its parents until the other one; not to its end where that is of another line. Highest first. */
export const chainBetween = (database: Database, { lowerId, higherId }: { readonly lowerId: string; readonly higherId: string }) =>
  database.sql<ChainLink>`with recursive chain as (
      select n.id, n.parent_id, 1 as step from timescape_nodes n where n.id = ${higherId}
      union all select p.id, p.parent_id, c.step + 1 from chain c join timescape_nodes p on p.id = c.parent_id
        where c.id <> ${lowerId} and c.step < ${maxChain})
    select e.from_id as "fromId", e.to_id as "toId", f.version as "from", t.version as "to", e.type, e.content_state as "contentState",
      f.manifest_digest as "fromDigest", t.manifest_digest as "toDigest", e.changes
    from chain c join timescape_edges e on e.to_id = c.id and e.from_id = c.parent_id
      join timescape_nodes f on f.id = e.from_id join timescape_nodes t on t.id = e.to_id
    where c.id <> ${lowerId} order by c.step`

/** What the content of the versions of a chain says; what breaks first, so that a limit hides none of it. */
export const contentChanges = (database: Database, links: readonly ChainLink[], limit: number): Promise<Change[]> =>
  database.sql<Change>`select c.path, c.rule, c.bump, c.message, c.before, c.after
    from rows from (unnest(${links.map(({ fromId }) => fromId)}::uuid[]), unnest(${links.map(({ toId }) => toId)}::uuid[]))
      with ordinality as link (from_id, to_id, place)
      join timescape_changes c on c.from_id = link.from_id and c.to_id = link.to_id and c.source = 'content'
    order by c.bump = 'major' desc, link.place desc, c.position limit ${limit}`

/** Some changes of each edge, what breaks first; in the order of the edges. */
export async function edgeChanges(database: Database, edges: readonly EdgeRow[], limit: number): Promise<readonly Change[][]> {
  const rows = await database.sql<Change & { readonly place: number }>`select link.place::integer as place, c.* from rows from (
      unnest(${edges.map(({ fromId }) => fromId)}::uuid[]), unnest(${edges.map(({ toId }) => toId)}::uuid[]))
      with ordinality as link (from_id, to_id, place)
    cross join lateral (select path, rule, bump, message, before, after from timescape_changes
      where from_id = link.from_id and to_id = link.to_id order by bump = 'major' desc, source desc, position limit ${limit}) c
    order by link.place`
  const byPlace = Map.groupBy(rows, ({ place }) => place)
  return edges.map((_, at) => (byPlace.get(at + 1) ?? []).map(({ place: _place, ...change }) => change))
}

import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import { uuidv7 } from '../../../shared/types/uuidv7.ts'
import { type GraphNode, tsvOf } from './node.ts'

/** Columns of `GraphNode`, from `timescape_nodes n`. */
export const nodeColumns = sql`n.id, n.artifact_id as "artifactId", n.version_id as "versionId", n.version, n.sort_key as "sortKey", n.major,
  n.prerelease, n.manifest_digest as "manifestDigest", n.gtype_hash as "gtypeHash", n.tsv, n.published_at as "publishedAt",
  n.parent_id as "parentId", n.state`

/** Changes of one graph come one after the other. Within the surrounding transaction. */
export async function holdGraph(database: Database, artifactId: string): Promise<void> {
  await database.sql`select pg_advisory_xact_lock(hashtextextended('timescape ' || ${artifactId}, 0))`
}

export type NewNode = Pick<
  GraphNode,
  'artifactId' | 'versionId' | 'version' | 'sortKey' | 'major' | 'prerelease' | 'manifestDigest' | 'gtypeHash' | 'publishedAt' | 'state'
>

interface InsertedNode {
  readonly node: GraphNode
  /** There has never been another one in its graph. */
  readonly isFirst: boolean
}

/**
 * `undefined` when the node is there, which then stands for the version that its tag became; one that had left the graph, or was superseded, is answered as
 * a new one is: it is back among its neighbours. The caller holds the graph.
 */
export async function insertNode(database: Database, node: NewNode, artifactName: string): Promise<InsertedNode | undefined> {
  const [last] = await database.sql<{
    seq: number | null
  }>`select max(seq) as seq from timescape_nodes where artifact_id = ${node.artifactId}`
  const seq = (last?.seq ?? 0) + 1
  const tsv = tsvOf(artifactName, node.publishedAt, seq)
  const [row] =
    await database.sql<GraphNode>`insert into timescape_nodes as n (id, artifact_id, version_id, version, sort_key, major, prerelease,
      manifest_digest, gtype_hash, tsv, seq, published_at, state)
    values (${uuidv7()}, ${node.artifactId}, ${node.versionId}, ${node.version}, ${node.sortKey}, ${node.major}, ${node.prerelease},
      ${node.manifestDigest}, ${node.gtypeHash}, ${tsv}, ${seq}, ${node.publishedAt}::timestamptz, ${node.state})
    on conflict (artifact_id, version, manifest_digest) do nothing returning ${nodeColumns}`
  const isFirst = last?.seq == null
  if (row) return { node: row, isFirst }
  if (node.versionId === null) return undefined
  const [known] = await database.sql<GraphNode & { readonly wasLive: boolean }>`
    update timescape_nodes n set version_id = ${node.versionId}, gtype_hash = ${node.gtypeHash}, state = 'live', superseded_by = null
    from (select id, state from timescape_nodes where artifact_id = ${node.artifactId} and version = ${node.version}
      and manifest_digest = ${node.manifestDigest} and version_id is null) former
    where n.id = former.id returning ${nodeColumns}, former.state = 'live' as "wasLive"`
  if (!known || known.wasLive) return undefined
  const { wasLive: _wasLive, ...revived } = known
  return { node: revived, isFirst }
}

async function first(database: Database, where: RawBuilder<unknown>): Promise<GraphNode | undefined> {
  const [row] = await database.sql<GraphNode>`select ${nodeColumns} from timescape_nodes n where ${where} limit 1`
  return row
}

/** The first node of each, as far as there is one, in one statement: each is a step into an index. */
async function firstOfEach(database: Database, wheres: readonly RawBuilder<unknown>[]): Promise<GraphNode[]> {
  const parts = wheres.map(
    (where, place) => sql`(select ${place}::integer as place, ${nodeColumns} from timescape_nodes n where ${where} limit 1)`,
  )
  const rows = await database.sql<GraphNode & { place: number }>`select * from (${sql.join(parts, sql` union all `)}) found order by place`
  return rows.map(({ place: _, ...node }) => node)
}

export const nodeById = (database: Database, id: string): Promise<GraphNode | undefined> => first(database, sql`n.id = ${id}`)

export const nodeOfVersion = (database: Database, versionId: string): Promise<GraphNode | undefined> =>
  first(database, sql`n.version_id = ${versionId}`)

export const nodeByName = (database: Database, artifactId: string, version: string): Promise<GraphNode | undefined> =>
  first(database, sql`n.artifact_id = ${artifactId} and n.version = ${version} and n.state = 'live'`)

export const nodeByTsv = (database: Database, artifactId: string, tsv: string): Promise<GraphNode | undefined> =>
  first(database, sql`n.artifact_id = ${artifactId} and n.tsv = ${tsv}`)

const maxOfTag = 500

/** Nodes a tag has had: the last ones, the one that counts and the one of the manifest it points to. */
export const nodesOfTag = (
  database: Database,
  { artifactId, tag, current }: { readonly artifactId: string; readonly tag: string; readonly current: string | null },
): Promise<GraphNode[]> =>
  database.sql<GraphNode>`select ${nodeColumns} from timescape_nodes n
    where n.artifact_id = ${artifactId} and n.version = ${tag} and n.version_id is null
    order by (n.state = 'live' or n.manifest_digest = ${current ?? ''}) desc, n.published_at desc, n.id desc limit ${maxOfTag}`

export async function withdraw(database: Database, id: string): Promise<void> {
  await database.sql`update timescape_nodes set state = 'deleted' where id = ${id}`
}

/** Of all nodes of a tag one is live, or none. Those that were superseded before stay as they are. */
export async function setTagStates(
  database: Database,
  { artifactId, tag }: { readonly artifactId: string; readonly tag: string },
  liveId: string | null,
): Promise<void> {
  const other = liveId === null ? 'deleted' : 'superseded'
  await database.sql`update timescape_nodes set
      state = case when id = ${liveId}::uuid then 'live' else ${other} end, superseded_by = case when id = ${liveId}::uuid then null else ${liveId}::uuid end
    where artifact_id = ${artifactId} and version = ${tag} and version_id is null
      and (state <> ${other} or id = ${liveId}::uuid or (${liveId}::uuid is not null and superseded_by is null))`
}

const below = ({ sortKey, version }: GraphNode) =>
  sql`(n.sort_key, n.version) < (${sortKey}::text collate "C", ${version}::text collate "C")`
const above = ({ sortKey, version }: GraphNode) =>
  sql`(n.sort_key, n.version) > (${sortKey}::text collate "C", ${version}::text collate "C")`
const downwards = sql`order by n.sort_key desc, n.version desc`
const upwards = sql`order by n.sort_key, n.version`

/**
 * The highest lower version of the same major line, or the highest lower release where the line begins. A release follows a release where there is one:
 * what changed since its own pre-releases is not what its users notice. What is no semver follows what was published before it.
 */
export async function parentOf(database: Database, node: GraphNode): Promise<GraphNode | undefined> {
  const live = sql`n.artifact_id = ${node.artifactId} and n.state = 'live' and n.id <> ${node.id}`
  if (node.major === null)
    return first(
      database,
      sql`${live} and n.major is null and (n.published_at, n.id) < (${node.publishedAt}::timestamptz, ${node.id}::uuid)
        order by n.published_at desc, n.id desc`,
    )
  const line = sql`${live} and n.major = ${node.major} and ${below(node)}`
  const lower = sql`${live} and n.major is not null and ${below(node)}`
  const own = node.prerelease ? sql`${line} ${downwards}` : sql`${line} and not n.prerelease ${downwards}`
  const [parent] = await firstOfEach(database, [own, sql`${lower} and not n.prerelease ${downwards}`, sql`${lower} ${downwards}`])
  return parent
}

const maxNeighbours = 200

/** Nodes whose parent this one may be, or was: the next ones of its line, those that begin the lines after it, and its children. */
export async function neighboursOf(database: Database, node: GraphNode): Promise<GraphNode[]> {
  const live = sql`n.artifact_id = ${node.artifactId} and n.state = 'live' and n.id <> ${node.id}`
  const children = await database.sql<GraphNode>`select ${nodeColumns} from timescape_nodes n
    where n.parent_id = ${node.id} and n.state = 'live' and n.id <> ${node.id} limit ${maxNeighbours * 10}`
  if (node.major === null) {
    const next = await first(
      database,
      sql`${live} and n.major is null and (n.published_at, n.id) > (${node.publishedAt}::timestamptz, ${node.id}::uuid)
        order by n.published_at, n.id`,
    )
    return distinct([...children, next])
  }
  const line = sql`${live} and n.major = ${node.major} and ${above(node)}`
  const lines = sql`${live} and n.major > ${node.major}`
  const next = await firstOfEach(database, [
    sql`${line} and not n.prerelease ${upwards}`,
    sql`${line} and n.prerelease ${upwards}`,
    sql`${lines} and not n.prerelease ${upwards}`,
  ])
  const release = next.find(({ major, prerelease }) => major !== node.major && !prerelease)
  // Lines that have pre-releases only, up to the next release of any line.
  const until = release ? below(release) : sql`true`
  const begun = await database.sql<GraphNode>`select ${nodeColumns} from timescape_nodes n
    where ${lines} and n.prerelease and ${until} ${upwards} limit ${maxNeighbours}`
  return distinct([...children, ...next, ...begun])
}

const distinct = (nodes: readonly (GraphNode | undefined)[]): GraphNode[] => [
  ...new Map(nodes.filter((node) => node !== undefined).map((node) => [node.id, node])).values(),
]

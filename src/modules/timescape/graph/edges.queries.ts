import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import type { Change } from '../change.ts'
import type { Verdict } from '../diff/bumps.ts'
import type { GraphNode } from './node.ts'

/** Of the types a version declares, or of its content. */
export type ChangeSource = 'gtype' | 'content'

interface EdgeKey {
  readonly fromId: string
  readonly toId: string
}

export interface EdgeRow extends EdgeKey {
  readonly kind: 'succession' | 'supersession'
  readonly type: Verdict['type']
  readonly required: Verdict['required']
  readonly declared: Verdict['declared']
  readonly undeclared: boolean
  readonly changes: number
  readonly breaking: number
  readonly contentState: 'pending' | 'done' | 'failed'
  readonly announced: boolean
}

/** Columns of `EdgeRow`, from `timescape_edges e`. */
export const edgeColumns = sql`e.from_id as "fromId", e.to_id as "toId", e.kind, e.type, e.required, e.declared, e.undeclared, e.changes, e.breaking,
  e.content_state as "contentState", e.announced`

export async function edgeOf(database: Database, { fromId, toId }: EdgeKey): Promise<EdgeRow | undefined> {
  const [row] = await database.sql<EdgeRow>`select ${edgeColumns} from timescape_edges e where e.from_id = ${fromId} and e.to_id = ${toId}`
  return row
}

interface NewEdge extends Pick<EdgeRow, 'kind' | 'contentState'> {
  readonly from: GraphNode
  readonly to: GraphNode
  readonly isTold: boolean
}

/** Makes the edge what it is anew, whatever it was; whether it is a new one. `isTold`: nobody has to hear of what it breaks. */
export async function writeEdge(database: Database, { from, to, kind, isTold, contentState }: NewEdge, verdict: Verdict): Promise<boolean> {
  const [row] = await database.sql<{
    isNew: boolean
  }>`insert into timescape_edges (from_id, to_id, artifact_id, kind, type, required, declared, undeclared, changes, breaking,
      announced, content_state)
    values (${from.id}, ${to.id}, ${to.artifactId}, ${kind}, ${verdict.type}, ${verdict.required}, ${verdict.declared}, ${verdict.undeclared}, 0, 0,
      ${isTold}, ${contentState})
    on conflict (from_id, to_id) do update set kind = excluded.kind, type = excluded.type, required = excluded.required,
      declared = excluded.declared, undeclared = excluded.undeclared, content_state = excluded.content_state, content_attempts = 0,
      announced = timescape_edges.announced or excluded.announced
    returning xmax = 0 as "isNew"`
  return row?.isNew === true
}

/** Everything the edge says besides its changes, which are counted. */
export async function renewEdge(
  database: Database,
  { fromId, toId }: EdgeKey,
  { type, required, declared, undeclared, announced }: Verdict & { readonly announced: boolean },
): Promise<EdgeRow | undefined> {
  const [row] =
    await database.sql<EdgeRow>`update timescape_edges e set type = ${type}, required = ${required}, declared = ${declared}, undeclared = ${undeclared},
      announced = ${announced}, changes = c.total, breaking = c.breaking
    from (select count(*) as total, count(*) filter (where bump = 'major') as breaking from timescape_changes
      where from_id = ${fromId} and to_id = ${toId}) c
    where e.from_id = ${fromId} and e.to_id = ${toId} returning ${edgeColumns}`
  return row
}

const maxAttempts = 10

/** Counts one more try of comparing the content, also of one that takes the process down. Answers whether there is one left. */
export async function beginAttempt(database: Database, { fromId, toId }: EdgeKey): Promise<boolean> {
  const [row] = await database.sql<{
    contentState: EdgeRow['contentState']
  }>`update timescape_edges set content_attempts = content_attempts + 1,
      content_state = case when content_attempts < ${maxAttempts} then content_state else 'failed' end
    where from_id = ${fromId} and to_id = ${toId} returning content_state as "contentState"`
  return row?.contentState === 'pending'
}

export async function setContentState(database: Database, { fromId, toId }: EdgeKey, state: EdgeRow['contentState']): Promise<void> {
  await database.sql`update timescape_edges set content_state = ${state} where from_id = ${fromId} and to_id = ${toId}`
}

/** The node has another parent from now on. */
export async function dropSuccessions(database: Database, toId: string, keep: string | null): Promise<void> {
  await database.sql`delete from timescape_edges where to_id = ${toId} and kind = 'succession' and from_id is distinct from ${keep}::uuid`
}

const maxText = 2_000

export async function writeChanges(
  database: Database,
  { fromId, toId }: EdgeKey,
  { source, changes }: { readonly source: ChangeSource; readonly changes: readonly Change[] },
): Promise<void> {
  await database.sql`delete from timescape_changes where from_id = ${fromId} and to_id = ${toId} and source = ${source}`
  if (changes.length === 0) return
  const rows = changes.map(({ path, rule, bump, message, before, after }, position) => ({
    ...{ position, path: cut(path), rule, bump, message: cut(message) },
    ...(before !== undefined && { before: bounded(before) }),
    ...(after !== undefined && { after: bounded(after) }),
  }))
  await database.sql`insert into timescape_changes (from_id, to_id, source, position, path, rule, bump, message, before, after)
    select ${fromId}::uuid, ${toId}::uuid, ${source}, c.position, c.path, c.rule, c.bump, c.message, c.before, c.after
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as c (position integer, path text, rule text, bump text, message text, before jsonb, after jsonb)`
}

// jsonb refuses NUL and half a surrogate pair.
const cut = (text: string): string => text.slice(0, maxText).toWellFormed().replaceAll('\0', '\uFFFD')

function bounded(value: unknown): unknown {
  const text = JSON.stringify(value) ?? 'null'
  if (text.length > maxText) return cut(text)
  return /\\u0000|\\ud[89a-f]/i.test(text) ? cut(text) : value
}

export const changesOf = (database: Database, { fromId, toId }: EdgeKey, limit: number): Promise<Change[]> =>
  database.sql<Change>`select path, rule, bump, message, before, after from timescape_changes
    where from_id = ${fromId} and to_id = ${toId} order by bump = 'major' desc, source desc, position limit ${limit}`

export const pendingEdges = (database: Database, artifactId: string, limit: number): Promise<EdgeRow[]> =>
  database.sql<EdgeRow>`select ${edgeColumns} from timescape_edges e
    where e.artifact_id = ${artifactId} and e.content_state = 'pending' order by e.content_attempts, e.to_id, e.from_id limit ${limit}`

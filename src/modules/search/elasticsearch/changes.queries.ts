import { setTimeout } from 'node:timers/promises'
import type { Database } from '../../../shared/kernel/database.ts'
import { mayPublish } from '../hits.queries.ts'

/** An artifact whose document the index has not got as it is; numbers rise with every change of it. */
export interface Change {
  readonly artifactId: string
  readonly number: number
  /** Somebody may see less of it than before. */
  readonly hides: boolean
}

const longestWriteMs = 30_000
const lookMs = 100

/** Somebody writes for so long that an index would begin without it. */
export class WritersUnfinished extends Error {
  constructor() {
    super('a transaction from before changes were noted has not ended; the index is built when it has')
  }
}

/**
 * From now on changes are noted, by whatever process they are made; resolves when what was written without that can be read. Holds nobody up. Throws
 * `WritersUnfinished`; the next call waits for the same transactions.
 */
export async function noteChanges(database: Database, patienceMs = longestWriteMs): Promise<void> {
  await database.sql`update search_following set is_followed = true, unnoted_before = null where not is_followed`
  // A statement of its own: only what begins behind the end of the first sees it.
  await database.sql`update search_following set unnoted_before = pg_snapshot_xmax(pg_current_snapshot()) where unnoted_before is null`
  const until = performance.now() + patienceMs
  while (!(await areNoted(database))) {
    if (performance.now() > until) throw new WritersUnfinished()
    await setTimeout(lookMs)
  }
}

/** A transaction that is yet to come is of another cluster, which this database was restored from: nobody from there writes here. */
async function areNoted(database: Database): Promise<boolean> {
  const [row] = await database.sql<{ areNoted: boolean }>`
    select pg_snapshot_xmin(s) >= unnoted_before or unnoted_before > pg_snapshot_xmax(s) as "areNoted"
    from search_following, pg_current_snapshot() s`
  return row?.areNoted ?? false
}

export const oldestChanges = (database: Database, limit: number): Promise<Change[]> =>
  database.sql<Change>`select artifact_id as "artifactId", number, hides from search_changes order by number limit ${limit}`

/** Those that did not change again meanwhile, and do not just now. */
export async function forgetChanges(database: Database, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return
  const rows = JSON.stringify(changes.map(({ artifactId, number }) => ({ id: artifactId, number })))
  await database.sql`delete from search_changes where artifact_id in (
    select c.artifact_id from search_changes c join jsonb_to_recordset(${rows}::jsonb) as d (id uuid, number bigint)
      on c.artifact_id = d.id and c.number = d.number order by c.artifact_id for update of c skip locked)`
}

export async function countChanges(database: Database): Promise<number> {
  const [row] = await database.sql<{ count: number }>`select count(*) from search_changes`
  return row?.count ?? 0
}

/** Higher than that of every change so far. */
export async function nextNumber(database: Database): Promise<number> {
  const [row] = await database.sql<{ number: number }>`select nextval('search_change_numbers') as number`
  if (!row) throw new Error('the sequence search_change_numbers is missing')
  return row.number
}

/** At most `limit` artifacts of which the index may still tell somebody who may no longer see them. */
export async function fencedArtifacts(database: Database, limit: number): Promise<string[]> {
  const rows = await database.sql<{ id: string }>`select artifact_id as id from search_changes where hides limit ${limit}`
  return rows.map(({ id }) => id)
}

export interface Maintainer {
  readonly userId: string
  /** Artifacts on which the user has a right to publish. */
  readonly artifactIds: readonly string[]
}

export async function findMaintainer(database: Database, username: string): Promise<Maintainer | undefined> {
  const [row] = await database.sql<Maintainer>`select u.id as "userId",
      array(select g.artifact_id from grants g where g.user_id = u.id and g.artifact_id is not null and g.role in ${mayPublish}) as "artifactIds"
    from accounts u where u.name = ${username} and u.state <> 'deleted'`
  return row
}

/** One rebuild at a time in all processes: true for whoever may, until the lease ends. */
export async function leaseRebuild(database: Database, owner: string, seconds: number): Promise<boolean> {
  const rows =
    await database.sql`update search_following set rebuilder = ${owner}, rebuilding_until = now() + ${seconds} * interval '1 second'
    where rebuilder = ${owner} or rebuilding_until is null or rebuilding_until < now() returning true`
  return rows.length > 0
}

export async function endRebuild(database: Database, owner: string): Promise<void> {
  await database.sql`update search_following set rebuilder = null, rebuilding_until = null where rebuilder = ${owner}`
}

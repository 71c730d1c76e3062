import type { Database } from '../../shared/kernel/database.ts'

export type RebuildState = 'none' | 'waiting' | 'running' | 'completed' | 'failed'

/** The last rebuild; `none` where nobody ever asked for one. */
export interface RebuildProgress {
  readonly state: RebuildState
  readonly requestedAt: string | null
  readonly finishedAt: string | null
  /** Artifacts that were looked at. */
  readonly done: number
  /** Artifacts that there are now. */
  readonly artifacts: number
  /** Artifacts that can be found; null before the end. */
  readonly documents: number | null
  readonly error: string | null
}

export async function readRebuild(database: Database): Promise<RebuildProgress> {
  const [row] =
    await database.sql<RebuildProgress>`select state, requested_at as "requestedAt", finished_at as "finishedAt", done, documents, error,
    (select count(*) from artifacts) as artifacts from search_rebuilds`
  if (!row) throw new Error('the row of search_rebuilds is missing')
  return row
}

/** Longer than it takes until a queue has it, or from one sign of life to the next; then whoever did it is gone. */
const silence = '15 minutes'

/** False where one waits or runs already. */
export async function beginRebuild(database: Database, id: string): Promise<boolean> {
  const rows =
    await database.sql`update search_rebuilds set state = 'waiting', id = ${id}, requested_at = now(), seen_at = now(), finished_at = null,
      done = 0, documents = null, error = null
    where state not in ('waiting', 'running') or seen_at < now() - ${silence}::interval returning true`
  return rows.length > 0
}

/** False where another one took its place. */
export async function noteRebuild(database: Database, id: string, done: number): Promise<boolean> {
  const rows = await database.sql`update search_rebuilds set state = 'running', done = ${done}, seen_at = now()
    where id = ${id} and state in ('waiting', 'running') returning true`
  return rows.length > 0
}

export async function endRebuild(
  database: Database,
  id: string,
  end: { readonly documents: number } | { readonly error: string },
): Promise<void> {
  const { documents, error } = { documents: null, error: null, ...end }
  await database.sql`update search_rebuilds set state = ${error === null ? 'completed' : 'failed'}, documents = ${documents}, error = ${error},
    finished_at = now() where id = ${id}`
}

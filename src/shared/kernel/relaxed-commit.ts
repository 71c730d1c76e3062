import { sql } from 'kysely'
import type { Database } from './database.ts'

/**
 * The commit of the current transaction does not wait for the disk. For what is made of other tables by an effect: the verdict that it is done is
 * written behind it in the same log, so that after a crash of Postgres either both are there or it is done again. Not where something outside of this
 * database is told of it.
 */
export async function relaxCommit(database: Database): Promise<void> {
  await database.sql`select set_config('synchronous_commit', 'off', true)`
}

/** The same for a statement that is always a transaction by itself: a query of its `with`, which `isRelaxed` in a condition has evaluated. */
export const relaxed = sql`relaxed as materialized (select set_config('synchronous_commit', 'off', true) is not null as ok)`
export const isRelaxed = sql`(select ok from relaxed)`

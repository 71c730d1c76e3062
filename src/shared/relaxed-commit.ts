import type { Database } from './kernel/database.ts'

/**
 * The commit of the current transaction does not wait for the disk. For what is made of other tables by an effect: the verdict that it is done is
 * written behind it in the same log, so that a machine that loses power has either both or does it again. Not where something outside of this
 * database is told of it.
 */
export async function relaxCommit(database: Database): Promise<void> {
  await database.sql`select set_config('synchronous_commit', 'off', true)`
}

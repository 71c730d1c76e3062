import type pg from 'pg'

/** Something failed inside a transaction and was caught there, so that the end looked like success. All of it was rolled back. */
export class TransactionBroken extends Error {
  readonly code = 'kernel.transaction_broken'
  constructor(cause?: unknown) {
    super('the transaction was rolled back, because a failure inside it was passed over', { cause })
    this.name = 'TransactionBroken'
  }
}

/** Postgres answers the COMMIT of a failed transaction with ROLLBACK and no error: on these connections it is an error. */
export function refuseFalseCommits(pool: pg.Pool): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<pg.QueryResult>
    const guarded = (...args: unknown[]): Promise<pg.QueryResult> =>
      args[0] === 'commit' ? query(...args).then(refuseRollback) : query(...args)
    Object.assign(client, { query: guarded })
  })
}

function refuseRollback(result: pg.QueryResult): pg.QueryResult {
  if (result.command === 'ROLLBACK') throw new TransactionBroken()
  return result
}

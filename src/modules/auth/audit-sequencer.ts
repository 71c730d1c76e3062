import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import { service } from '../../shared/kernel/service.ts'
import { WokenWork } from '../../shared/woken-work.ts'
import { type AuditLink, genesis, linkHash } from './audit-chain.ts'

const batchSize = 500
const wakeMs = 100
const retryMs = 1_000
const sweepMs = 30_000
// Any constant serves; it only has to be the same in every process.
const lockKey = 7_214_041

export interface SequencerDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly log: Logger
}

/**
 * Gives audit rows their place in the hash chain soon after their commit, one process at a time (design.md §3 point 6).
 * Rows that a killed process left are found by the next start or by the sweep.
 */
export class AuditSequencer implements AsyncDisposable {
  readonly #deps: SequencerDeps
  readonly #work: WokenWork

  constructor(deps: SequencerDeps) {
    this.#deps = deps
    const failed = (error: unknown): number => {
      deps.log.warn({ err: error }, 'audit rows wait for their place in the chain')
      return retryMs
    }
    this.#work = new WokenWork(() => this.flush(), failed, { wakeMs, sweepMs })
  }

  wake(): void {
    this.#work.wake()
  }

  /** Resolves when every row committed before the call has its link. Throws when the database does not answer. */
  async flush(): Promise<void> {
    while ((await this.#linkBatch()) === batchSize);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work[Symbol.asyncDispose]()
  }

  #linkBatch(): Promise<number> {
    const { database, transaction } = this.#deps
    return transaction.run(async () => {
      const [waiting] = await database.sql<{ id: string }>`select id from audit_log where seq is null limit 1`
      if (!waiting) return 0
      await database.sql`select pg_advisory_xact_lock(${lockKey})`
      const rows = await unlinked(database)
      if (rows.length > 0) await link(database, rows)
      return rows.length
    })
  }
}

const unlinked = (database: Database): Promise<Omit<AuditLink, 'seq'>[]> => database.sql<Omit<AuditLink, 'seq'>>`
  select id, at, actor, actor_id as "actorId", ip, request_id as "requestId", action, subject, subject_id as "subjectId", namespace, before, after
  from audit_log where seq is null order by id limit ${batchSize}`

async function link(database: Database, rows: readonly Omit<AuditLink, 'seq'>[]): Promise<void> {
  const [last] = await database.sql<{ seq: number; hash: string }>`
    select seq, hash from audit_log where seq is not null order by seq desc limit 1`
  let seq = last?.seq ?? 0
  let hash = last?.hash ?? genesis
  const links = rows.map((row) => {
    const previous = hash
    seq++
    hash = linkHash(previous, { ...row, seq })
    return { id: row.id, seq, previous, hash }
  })
  await database.sql`
    update audit_log set seq = link.seq, prev_hash = link.previous, hash = link.hash
    from jsonb_to_recordset(${JSON.stringify(links)}::jsonb) as link (id uuid, seq bigint, previous text, hash text)
    where audit_log.id = link.id`
}

export const Sequencer = service<AuditSequencer>('auth.audit_sequencer')

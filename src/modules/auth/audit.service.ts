import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { requestContext } from '../../shared/kernel/request-context.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Audit, AuditEntry } from './contract.ts'

export interface AuditDeps {
  readonly database: Database
  readonly transaction: Transaction
  /** Called after each commit that left a row without a link. */
  readonly onRecorded: () => void
}

export class AuditService implements Audit {
  readonly #deps: AuditDeps
  constructor(deps: AuditDeps) {
    this.#deps = deps
  }

  async record({ action, subject, subjectId, namespace, before, after }: AuditEntry): Promise<void> {
    const { database, transaction, onRecorded } = this.#deps
    const context = requestContext()
    const actor = context?.actor ?? null
    await database.sql`
      insert into audit_log (id, actor, actor_id, ip, request_id, action, subject, subject_id, namespace, before, after)
      values (${uuidv7()}, ${actor}, (select id from accounts where name = ${actor}), ${context?.ip ?? null}, ${context?.requestId ?? null},
        ${action}, ${subject}, ${subjectId ?? null}, ${namespace ?? null}, ${json(before)}::jsonb, ${json(after)}::jsonb)`
    transaction.afterCommit(onRecorded)
  }
}

const json = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value))

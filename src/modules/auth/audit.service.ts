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
    const { transaction, onRecorded } = this.#deps
    const context = requestContext()
    const row = {
      id: uuidv7(),
      ...{ actor: context?.actor ?? null, ip: context?.ip ?? null, request_id: context?.requestId ?? null },
      ...{ action, subject, subject_id: subjectId ?? null, namespace: namespace ?? null },
      ...{ before: before ?? null, after: after ?? null },
    }
    await transaction.collect(this.#write, row)
    transaction.afterCommit(onRecorded)
  }

  readonly #write = async (rows: readonly object[]): Promise<void> => {
    await this.#deps.database.sql`
      insert into audit_log (id, actor, actor_id, ip, request_id, action, subject, subject_id, namespace, before, after)
      select entry.id, actor, accounts.id, ip, request_id, action, subject, subject_id, namespace, before, after
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as entry (id uuid, actor text, ip text, request_id text, action text, subject text,
        subject_id text, namespace text, before jsonb, after jsonb)
      left join accounts on accounts.name = entry.actor`
  }
}

import type { Database } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { isRegistryAdmin } from '../../shared/kernel/registry-admin.ts'
import { service } from '../../shared/kernel/service.ts'
import { type Page, pageOf } from '../../shared/types/page.ts'
import { uuidForm } from '../../shared/types/uuidv7.ts'
import { type AuditLink, genesis, linkHash } from './audit-chain.ts'
import type { AuditSequencer } from './audit-sequencer.ts'
import type { Accounts, Authorizer } from './contract.ts'
import { AccountNotFound, NotAllowed } from './errors.ts'
import { type PageQuery, startOf } from './page.ts'

const verifyBatch = 1_000

export interface AuditQuery extends PageQuery {
  readonly namespace?: string
  readonly actor?: string
  readonly action?: string
}
/** `seq` is null during the moment before the sequencer has seen it. */
export type AuditRow = Omit<AuditLink, 'seq'> & { readonly seq: number | null }
export interface Verification {
  readonly ok: boolean
  readonly entries: number
  readonly firstBadSeq?: number
}
type StoredLink = AuditLink & { readonly previous: string; readonly hash: string }

export interface AuditLogDeps {
  readonly database: Database
  readonly accounts: Accounts
  readonly authorizer: Authorizer
  readonly sequencer: AuditSequencer
}

export class AuditLogService {
  readonly #deps: AuditLogDeps
  constructor(deps: AuditLogDeps) {
    this.#deps = deps
  }

  /** Newest first. All of it for administrators of the registry, that of a namespace for those who manage it. */
  async list(caller: Principal, query: AuditQuery): Promise<Page<AuditRow>> {
    await this.#admit(caller, query.namespace)
    const { namespace = null, actor = null, action = null, limit } = query
    const after = startOf(query.cursor, uuidForm)
    const rows = await this.#deps.database.sql<AuditRow>`
      select id, seq, at, actor, actor_id as "actorId", ip, request_id as "requestId", action, subject, subject_id as "subjectId", namespace, before, after
      from audit_log
      where (${namespace}::text is null or namespace = ${namespace}) and (${actor}::text is null or actor = ${actor})
        and (${action}::text is null or action = ${action}) and (${after}::uuid is null or id < ${after}::uuid)
      order by id desc limit ${limit + 1}`
    return pageOf(rows, limit, ({ id }) => [id])
  }

  /** Computes the chain anew from its first link. Throws NotAllowed for anybody but administrators of the registry. */
  async verify(caller: Principal): Promise<Verification> {
    if (!isRegistryAdmin(caller)) throw new NotAllowed()
    await this.#deps.sequencer.flush()
    let seq = 0
    let hash = genesis
    for (;;) {
      const links = await this.#after(seq)
      for (const { previous, hash: stored, ...link } of links) {
        seq++
        hash = linkHash(hash, { ...link, seq })
        if (link.seq !== seq || stored !== hash) return { ok: false, entries: seq, firstBadSeq: seq }
      }
      if (links.length < verifyBatch) return { ok: true, entries: seq }
    }
  }

  #after(seq: number): Promise<StoredLink[]> {
    return this.#deps.database.sql<StoredLink>`
      select id, seq, at, actor, actor_id as "actorId", ip, request_id as "requestId", action, subject, subject_id as "subjectId",
        namespace, before, after, prev_hash as previous, hash
      from audit_log where seq > ${seq} order by seq limit ${verifyBatch}`
  }

  async #admit(caller: Principal, namespace: string | undefined): Promise<void> {
    if (isRegistryAdmin(caller)) return
    if (namespace === undefined) throw new NotAllowed()
    const account = await this.#deps.accounts.find(namespace)
    const resource = account && { accountId: account.id, namespace, namespaceVisibility: 'private' as const }
    await this.#deps.authorizer.require(caller, 'manage', resource, () => new AccountNotFound())
  }
}

export const AuditLog = service<AuditLogService>('auth.audit_log')

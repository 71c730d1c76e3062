import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { service } from '../../shared/kernel/service.ts'
import type { Located } from '../metadata/contract.ts'
import type { Publications } from '../metadata/publications.contract.ts'
import type { Records } from '../metadata/records.contract.ts'
import type { EvidenceReader } from './evidence-reader.ts'
import { trustOf } from './publisher-keys.queries.ts'
import { verdictOfRow } from './row-verdict.ts'
import type { SignatureLedger } from './signature-ledger.service.ts'
import { childrenOf, type SignatureRow, signaturesAfter, standingRows } from './signatures.queries.ts'
import { unmetBy } from './standing.ts'
import type { Evidence, Verdict } from './verification/verdict.ts'

export interface ReassessmentDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly records: Records
  readonly publications: Publications
  readonly reader: EvidenceReader
  readonly ledger: SignatureLedger
}

/** `key`: only what it made; what it alone signed is quarantined when it was compromised. Without it, keys or policy of the namespace changed. */
export interface Scope {
  readonly namespaceId?: string
  readonly key?: { readonly keyId: string; readonly compromised: boolean; readonly reason: string }
}

interface Slice {
  readonly signatures: number
  /** Where the next slice begins; null after the last one. */
  readonly next: string | null
}

/** Looks again at signatures whose verdict may be another one now. */
export interface Reassessment {
  /** Can be repeated. */
  slice(scope: Scope, from: { readonly after?: string; readonly signal: AbortSignal }): Promise<Slice>
}
export const Reassessment = service<Reassessment>('signing.reassessment')

/** So few that a run is over long before its time is, and that little is done again after a failure. */
const sliceSize = 200
const first = '00000000-0000-0000-0000-000000000000'

export class ReassessmentService implements Reassessment {
  readonly #deps: ReassessmentDeps
  constructor(deps: ReassessmentDeps) {
    this.#deps = deps
  }

  async slice({ namespaceId = first, key }: Scope, { after = first, signal }: Parameters<Reassessment['slice']>[1]): Promise<Slice> {
    const which = key ? { keyId: key.keyId } : { namespaceId }
    const rows = await signaturesAfter(this.#deps.database, which, { after, limit: sliceSize })
    for (const row of rows) {
      signal.throwIfAborted()
      await (key ? this.#ofKey(row, key) : this.#again(row))
    }
    return { signatures: rows.length, next: rows.length < sliceSize ? null : (rows.at(-1)?.id ?? null) }
  }

  async #ofKey(row: SignatureRow, { compromised, reason }: NonNullable<Scope['key']>): Promise<void> {
    await this.#deps.transaction.run(async () => {
      const now = await this.#again(row)
      if (compromised && now?.status === 'revoked') await this.#quarantine(row, reason)
    })
  }

  /** Undefined for what is gone. */
  async #again(row: SignatureRow): Promise<SignatureRow | undefined> {
    const { records, ledger } = this.#deps
    const located = await records.located(row.artifactId)
    const verdict = located && (await this.#verdictOf(located, row))
    if (!located || !verdict) return undefined
    const { kind, evidenceHash, evidence, source, sourceDigest, blobDigest } = row
    const entry = { kind, evidenceHash, evidence, source, ...(sourceDigest && { sourceDigest }), ...(blobDigest && { blobDigest }) }
    return ledger.record(located, row.manifestDigest, { entry, verdict })
  }

  async #verdictOf(located: Located, row: SignatureRow): Promise<Verdict> {
    const evidence = row.kind === 'provenance' ? undefined : await this.#evidenceOf(row)
    if (!evidence) return verdictOfRow(await trustOf(this.#deps.database, row.namespaceId), row)
    const { blobDigest } = row
    return this.#deps.ledger.judge(located, row.manifestDigest, { evidence, ...(blobDigest !== null && { blobDigest }) })
  }

  async #evidenceOf({ kind, evidence, artifactId, sourceDigest, evidenceHash }: SignatureRow): Promise<Evidence | undefined> {
    if (evidence !== null && kind !== 'provenance') return { kind, value: evidence }
    return sourceDigest === null ? undefined : this.#deps.reader.find(artifactId, sourceDigest, evidenceHash)
  }

  /** With what an index lists, which was signed with it. Not what somebody else signed as well. */
  async #quarantine({ artifactId, manifestDigest: signed }: SignatureRow, reason: string): Promise<void> {
    const { database, publications } = this.#deps
    const children = await childrenOf(database, { artifactId, manifestDigest: signed })
    for (const manifestDigest of [signed, ...children]) {
      const rows = await standingRows(database, { artifactId, manifestDigest })
      if (unmetBy(rows, { requiredPredicateTypes: [] }) === null) continue
      await publications.quarantine(
        { artifactId, manifestDigest },
        { by: 'signing', reason: `the key that signed it was compromised: ${reason}` },
      )
    }
  }
}

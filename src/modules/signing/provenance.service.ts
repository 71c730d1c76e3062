import { createHash } from 'node:crypto'
import type { Database } from '../../shared/kernel/database.ts'
import type { Records } from '../metadata/records.contract.ts'
import { provenanceTypes, type VerifiedBundle } from './contract.ts'
import { trustOf } from './publisher-keys.queries.ts'
import { identityVerdict } from './row-verdict.ts'
import type { SignatureLedger } from './signature-ledger.service.ts'

export interface ProvenanceDeps {
  readonly database: Database
  readonly records: Records
  readonly ledger: SignatureLedger
}

/** Whoever built a package signed it: provenance that was checked at its publish counts for an identity that the policy allows. */
export class ProvenanceService {
  readonly #deps: ProvenanceDeps
  constructor(deps: ProvenanceDeps) {
    this.#deps = deps
  }

  /** Within the transaction that publishes the version. */
  async count(versionId: string, bundles: readonly VerifiedBundle[]): Promise<void> {
    const { database, records, ledger } = this.#deps
    const proofs = bundles.filter(({ predicateType, identity }) => identity && provenanceTypes.includes(predicateType))
    const version = proofs.length > 0 ? await records.version(versionId) : undefined
    const located = version && (await records.located(version.artifactId))
    if (!located) return
    const trust = await trustOf(database, located.namespace.id)
    for (const { bundle, identity, predicateType } of proofs) {
      const verdict = identityVerdict(trust, {
        signer: identity?.subject ?? null,
        issuer: identity?.issuer ?? null,
        predicateType,
        signedAt: null,
      })
      const evidenceHash = createHash('sha256')
        .update(`provenance\n${JSON.stringify(bundle)}`)
        .digest('hex')
      const entry = { kind: 'provenance' as const, evidenceHash, evidence: null, source: 'publish' as const }
      await ledger.record(located, version.manifestDigest, { entry, verdict })
    }
  }
}

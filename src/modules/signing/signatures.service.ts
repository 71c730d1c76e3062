import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import type { Repositories } from '../artifacts/contract.ts'
import type { Audit } from '../auth/contract.ts'
import type { ArtifactRef, Catalog, Located } from '../metadata/contract.ts'
import { TooManySignatures } from './errors.ts'
import { SignatureRejected } from './events.contract.ts'
import { hashOf } from './evidence-reader.ts'
import type { SignatureLedger } from './signature-ledger.service.ts'
import type { NewSignature, Signatures, SignaturesView, SignatureView } from './signatures.contract.ts'
import { type SignatureRow, signaturesOf } from './signatures.queries.ts'
import type { SigningPoliciesService } from './signing-policies.service.ts'
import { refusal } from './signing-requirement.ts'
import type { Evidence } from './verification/verdict.ts'

export interface SignaturesDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly catalog: Catalog
  readonly repositories: Repositories
  readonly audit: Audit
  readonly ledger: SignatureLedger
  readonly policies: SigningPoliciesService
}

const maxListed = 100

export class SignaturesService implements Signatures {
  readonly #deps: SignaturesDeps
  constructor(deps: SignaturesDeps) {
    this.#deps = deps
  }

  async list(
    principal: Principal,
    ref: ArtifactRef,
    { reference, attestations }: Parameters<Signatures['list']>[2],
  ): Promise<SignaturesView> {
    const { catalog, database, ledger, policies } = this.#deps
    const located = await catalog.locate(principal, ref, 'read')
    const manifestDigest = await this.#digestOf(principal, located, reference)
    const rows = await signaturesOf(database, { artifactId: located.artifact.id, manifestDigest }, { limit: maxListed })
    const wanted = attestations?.predicateType
    const shown = rows.filter(
      ({ predicateType }) => !attestations || (predicateType !== null && (wanted === undefined || predicateType === wanted)),
    )
    const reason = await ledger.objection(located, manifestDigest)
    return { manifestDigest, required: policies.requires(located.namespace), verified: reason === null, reason, items: shown.map(viewOf) }
  }

  async add(principal: Principal, ref: ArtifactRef, signature: NewSignature & { readonly reference: string }): Promise<SignatureView> {
    const { catalog, transaction, audit, ledger } = this.#deps
    const located = await catalog.locate(principal, ref, 'publish')
    const manifestDigest = await this.#digestOf(principal, located, signature.reference)
    const evidence = evidenceOf(signature)
    const verdict = await ledger.judge(located, manifestDigest, { evidence })
    if (verdict.status !== 'verified') {
      await this.#tellRejected(located, manifestDigest, { kind: evidence.kind, reason: verdict.reason ?? '' })
      throw refusal(located, { manifestDigest, version: signature.reference, verdict })
    }
    const entry = { kind: evidence.kind, evidenceHash: hashOf(evidence), evidence: evidence.value, source: 'rest' as const }
    const saved = await transaction.run(async () => {
      const { artifact, namespace } = located
      const row = await ledger.record(located, manifestDigest, { entry, verdict })
      if (!row) throw new TooManySignatures()
      const subject = `${namespace.name}/${artifact.name}@${manifestDigest}`
      await audit.record({
        action: 'signature.added',
        subject,
        subjectId: row.id,
        namespace: namespace.name,
        after: { kind: row.kind, signer: row.signer },
      })
      return row
    })
    return viewOf(saved)
  }

  /** Of what the caller may see under that name. */
  async #digestOf(principal: Principal, { artifact }: Located, reference: string): Promise<string> {
    const { namespace, name, format } = artifact
    const { digest } = await this.#deps.repositories.manifest(principal, { namespace, name, format }, reference)
    return digest
  }

  async #tellRejected(
    { artifact }: Located,
    manifestDigest: string,
    what: { readonly kind: string; readonly reason: string },
  ): Promise<void> {
    const { id: artifactId, namespace, name, format } = artifact
    await this.#deps.events.emit(SignatureRejected, { artifactId, namespace, name, format, manifestDigest, signatureId: null, ...what })
  }
}

function evidenceOf({ kind, value, keyId }: NewSignature): Evidence {
  return { kind, value: typeof value === 'string' ? value : JSON.stringify(value), ...(keyId !== undefined && { keyId }) }
}

function viewOf({
  id,
  kind,
  status,
  reason,
  signer,
  keyId,
  issuer,
  predicateType,
  signedAt,
  seenAt,
  checkedAt,
  source,
  sourceDigest,
}: SignatureRow) {
  return { id, kind, status, reason, signer, keyId, issuer, predicateType, signedAt, seenAt, checkedAt, source, sourceDigest }
}

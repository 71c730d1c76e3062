import type { Located } from '../metadata/contract.ts'
import type { Publication, PublicationPolicy } from '../metadata/publications.contract.ts'
import { NotSigned, SignatureVerificationFailed } from './errors.ts'
import { hashOf } from './evidence-reader.ts'
import { evidenceOf } from './signature-header.ts'
import type { SignatureLedger } from './signature-ledger.service.ts'
import { subjectOfTag } from './signature-manifest.ts'
import type { SigningPoliciesService } from './signing-policies.service.ts'
import type { Evidence, Verdict } from './verification/verdict.ts'

/** Only signed content gets names and is given out, where a namespace wants that (design.md §5 decisions 3 and 4; P10). */
export class SigningRequirement implements PublicationPolicy {
  readonly name = 'signing'
  /** Quarantine of what a compromised key signed: somebody signs it anew. */
  readonly isMendable = true
  readonly #ledger: SignatureLedger
  readonly #policies: SigningPoliciesService

  constructor(ledger: SignatureLedger, policies: SigningPoliciesService) {
    this.#ledger = ledger
    this.#policies = policies
  }

  concerns({ located, proof }: Publication): boolean {
    return proof !== undefined || this.#policies.requires(located.namespace)
  }

  async review(publication: Publication): Promise<string | null> {
    const { located, manifestDigest } = publication
    if (publication.proof) await this.#acceptProof(publication)
    if (!this.#policies.requires(located.namespace)) return null
    const isNamedAccessory = publication.version === null && publication.tags.every((tag) => subjectOfTag(tag) !== undefined)
    if (isNamedAccessory && (await this.#ledger.standing(located, manifestDigest)).isAccessory) return null
    const objection = await this.#ledger.unmet(located, manifestDigest)
    return objection === null ? null : `signatures are required in ${located.namespace.name}: ${objection}`
  }

  async checkRead(located: Located, manifestDigest: string): Promise<void> {
    if (!this.#policies.requires(located.namespace)) return
    const objection = await this.#ledger.objection(located, manifestDigest)
    if (objection !== null) throw new NotSigned(manifestDigest, objection)
  }

  /** Whoever sends a proof wants it to be one: what does not count refuses the publish, required or not. */
  async #acceptProof({ located, manifestDigest, version, bare, proof }: Publication): Promise<void> {
    if (!proof) return
    const evidence = evidenceOf(proof.signature)
    const [blobDigest, ...others] = bare ? proof.blobDigests : []
    const overManifest = await this.#ledger.judge(located, manifestDigest, { evidence })
    const isOverBlob = overManifest.status !== 'verified' && blobDigest !== undefined && others.length === 0
    const verdict = isOverBlob ? await this.#judgeBlob(located, manifestDigest, { evidence, blobDigest }) : overManifest
    if (verdict.status !== 'verified') throw refusal(located, { manifestDigest, version, verdict })
    const entry = {
      ...{ kind: evidence.kind, evidenceHash: hashOf(evidence), evidence: evidence.value, source: 'publish' as const },
      ...(isOverBlob && { blobDigest }),
    }
    await this.#ledger.record(located, manifestDigest, { entry, verdict })
  }

  /** A signature over bytes says nothing of their name: whoever may publish, and has seen it, could give them another one with it. */
  async #judgeBlob(
    located: Located,
    manifestDigest: string,
    about: { readonly evidence: Evidence; readonly blobDigest: string },
  ): Promise<Verdict> {
    const verdict = await this.#ledger.judge(located, manifestDigest, about)
    if (verdict.status !== 'verified' || !(await this.#ledger.isBlobSignedElsewhere(located, manifestDigest, about.blobDigest)))
      return verdict
    const reason =
      'a signature over these bytes came with another version or artifact already: publish, then sign the digest of the manifest'
    return { ...verdict, status: 'rejected', reason }
  }
}

/** R5.1, with the details the seeds name. */
export function refusal(
  { artifact, namespace }: Located,
  { manifestDigest, version, verdict }: { readonly manifestDigest: string; readonly version: string | null; readonly verdict: Verdict },
): SignatureVerificationFailed {
  return new SignatureVerificationFailed(verdict.reason ?? 'it does not count', {
    artifactName: `${namespace.name}/${artifact.name}`,
    version,
    providedDigest: verdict.providedDigest,
    computedDigest: manifestDigest,
  })
}

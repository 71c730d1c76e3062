import { service } from '../../shared/kernel/service.ts'
import type { Manifests } from '../artifacts/contract.ts'
import type { Records } from '../metadata/records.contract.ts'
import { type EvidenceReader, hashOf } from './evidence-reader.ts'
import type { SignatureLedger } from './signature-ledger.service.ts'
import { type Document, readDocument, subjectOfTag } from './signature-manifest.ts'

export interface SignatureCollectorDeps {
  readonly records: Records
  readonly manifests: Manifests
  readonly reader: EvidenceReader
  readonly ledger: SignatureLedger
}

/** Finds signatures among the manifests that clients push. */
export interface SignatureCollection {
  /** Does nothing for what is neither a signature nor signed. Can be repeated. */
  collect(pushed: { readonly artifactId: string; readonly manifestDigest: string; readonly tags: readonly string[] }): Promise<void>
  /** For what waits, or was published: its signatures may have come before it. */
  settle(manifest: { readonly artifactId: string; readonly manifestDigest: string }): Promise<void>
}
export const SignatureCollection = service<SignatureCollection>('signing.signature_collection')

export class SignatureCollector implements SignatureCollection {
  readonly #deps: SignatureCollectorDeps
  constructor(deps: SignatureCollectorDeps) {
    this.#deps = deps
  }

  async collect({ artifactId, manifestDigest, tags }: Parameters<SignatureCollection['collect']>[0]): Promise<void> {
    const { records, manifests, reader, ledger } = this.#deps
    const stored = await manifests.get(artifactId, manifestDigest)
    const document = stored && readDocument(stored.content)
    if (!document) return
    const subjects = subjectsOf(document, tags)
    if (subjects.length === 0 && !document.manifests) return
    const found = document.manifests ? [] : await reader.readAll(artifactId, document)
    const located = found.length > 0 || document.manifests ? await records.located(artifactId) : undefined
    if (!located) return
    if (document.manifests) return ledger.cover(located, manifestDigest)
    for (const subject of subjects)
      for (const evidence of found) {
        const verdict = await ledger.judge(located, subject, { evidence })
        const entry = {
          ...{ kind: evidence.kind, evidenceHash: hashOf(evidence), evidence: null },
          ...{ source: 'referrer' as const, sourceDigest: manifestDigest },
        }
        await ledger.record(located, subject, { entry, verdict })
      }
  }

  async settle({ artifactId, manifestDigest }: Parameters<SignatureCollection['settle']>[0]): Promise<void> {
    const { records, ledger } = this.#deps
    const located = await records.located(artifactId)
    if (located) await ledger.settle(located, manifestDigest)
  }
}

function subjectsOf({ subject }: Document, tags: readonly string[]): readonly string[] {
  const named = tags.flatMap((tag) => subjectOfTag(tag) ?? [])
  return [...new Set(subject ? [subject.digest, ...named] : named)]
}

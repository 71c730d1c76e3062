import type { Database } from '../../../shared/kernel/database.ts'
import { type EvidenceReader, hashOf } from '../evidence-reader.ts'
import type { ProofView } from '../log.contract.ts'
import { signaturesOf } from '../signatures.queries.ts'
import type { Evidence } from '../verification/verdict.ts'

type PublisherSignature = ProofView['publisherSignatures'][number]

const maxSignatures = 20
const maxBytes = 1_048_576
/** Of all manifests and layers that are read for one answer: anybody may ask. */
const maxReadBytes = 2 * maxBytes

/** Signatures of publishers that count for the manifest, newest first, with what whoever trusts a key can check them by; as many as fit. */
export async function publisherSignaturesOf(
  { database, reader }: { readonly database: Database; readonly reader: EvidenceReader },
  place: { readonly artifactId: string; readonly manifestDigest: string },
): Promise<PublisherSignature[]> {
  const rows = await signaturesOf(database, place, { limit: maxSignatures, verified: true })
  const read = new Map<string, ReadonlyMap<string, string>>()
  const budget = { left: maxReadBytes }
  const found: PublisherSignature[] = []
  let bytes = 0
  for (const row of rows) {
    const { kind, signer, issuer, signedAt, sourceDigest } = row
    if (row.evidence === null && sourceDigest !== null && !read.has(sourceDigest))
      read.set(sourceDigest, byHash(await reader.read(place.artifactId, sourceDigest, budget)))
    const evidence = row.evidence ?? read.get(sourceDigest ?? '')?.get(row.evidenceHash) ?? null
    bytes += evidence?.length ?? 0
    found.push({ kind, signer, issuer, signedAt, evidence: bytes > maxBytes ? null : evidence })
  }
  return found
}

const byHash = (found: readonly Evidence[]): ReadonlyMap<string, string> => new Map(found.map((each) => [hashOf(each), each.value]))

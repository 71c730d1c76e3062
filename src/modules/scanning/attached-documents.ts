import type { Blobs, Manifests } from '../artifacts/contract.ts'
import { manifestFacts } from './image-documents.ts'
import type { DocumentParts } from './sbom/document-parts.ts'
import { readDocument } from './sbom/document-thread.ts'
import type { ScanSubject } from './scan-subject.ts'

const maxDocumentBytes = 33_554_432
const readable = /cyclonedx|spdx|openvex|vex\+json|in-toto|dsse\.envelope/i

export interface AttachedDocument extends DocumentParts {
  /** What it is about. */
  readonly subject: string
  /** By its type a list of packages, which it is not; or no text that anybody could read. */
  readonly isUnreadable: boolean
}

/** The SBOM or VEX document that a manifest with a subject carries; `undefined` when it carries something else. */
export async function attachedDocument(
  { manifests, blobs }: { readonly manifests: Manifests; readonly blobs: Blobs },
  { artifactId, manifestDigest }: ScanSubject,
): Promise<AttachedDocument | undefined> {
  const stored = await manifests.get(artifactId, manifestDigest)
  if (!stored) return undefined
  const { subject, artifactType, layers } = manifestFacts(stored.content)
  const layer = layers.find(({ mediaType, sizeBytes }) => sizeBytes <= maxDocumentBytes && readable.test(`${mediaType} ${artifactType}`))
  if (subject === undefined || !layer) return undefined
  const blob = await blobs.open(artifactId, layer.digest)
  if (!blob || blob.sizeBytes > maxDocumentBytes) return undefined
  const parts: Buffer[] = []
  for await (const part of await blob.read()) parts.push(part as Buffer)
  const read = await readDocument(Buffer.concat(parts))
  const isUnreadable = !read.isList && (read.other === undefined || /cyclonedx|spdx/i.test(`${layer.mediaType} ${artifactType}`))
  return { subject, ...read, isUnreadable }
}

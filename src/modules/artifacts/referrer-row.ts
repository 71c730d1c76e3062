import type { ReferrerDescriptor } from './contract.ts'
import { artifactTypeOf, type ManifestDocument } from './manifest-document.ts'

/** What is kept of a manifest with a subject, ready to be sent. */
export interface ReferrerRow {
  readonly subject: string
  readonly digest: string
  readonly artifactType: string | null
  /** JSON of a `ReferrerDescriptor`. */
  readonly descriptor: string
}

/** Of a page of referrers, with room for what is around the descriptors (D-15). */
export const maxPageBytes = 4_194_304 - 1_024

/** Undefined for a manifest without a subject. One whose annotations would not fit in a page is listed without them. */
export function referrerRow(
  document: ManifestDocument,
  { digest, mediaType, size }: { readonly digest: string; readonly mediaType: string; readonly size: number },
): ReferrerRow | undefined {
  if (!document.subject) return undefined
  const artifactType = artifactTypeOf(document)
  const { annotations } = document
  const bare: ReferrerDescriptor = { mediaType, digest, size, ...(artifactType !== undefined && { artifactType }) }
  const full = JSON.stringify({ ...bare, ...(annotations && { annotations }) } satisfies ReferrerDescriptor)
  const descriptor = Buffer.byteLength(full) < maxPageBytes ? full : JSON.stringify(bare)
  return { subject: document.subject.digest, digest, artifactType: artifactType ?? null, descriptor }
}

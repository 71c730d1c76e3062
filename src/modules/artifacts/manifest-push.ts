import type { Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { isAccessory } from '../../shared/types/accessory.ts'
import { isAttachmentTag } from '../../shared/types/tag-name.ts'
import type { Audit } from '../auth/contract.ts'
import type { Catalog, Located } from '../metadata/contract.ts'
import type { References } from '../metadata/references.contract.ts'
import type { BlobPlace } from './blob-place.ts'
import { type ManifestPush, ManifestPushed, type PushedManifest, type RepositoryRef } from './contract.ts'
import { PushNotNative } from './errors.ts'
import type { ManifestDocument } from './manifest-document.ts'
import { digestText, type ManifestStore, type ReadManifest } from './manifests.service.ts'
import { repositoryPlace } from './repository-place.ts'
import { repositoryTypeOf } from './repository-type.ts'
import { withRetries } from './sql-state.ts'
import { openRepository } from './upload-place.ts'

export interface ManifestPushParts {
  readonly transaction: Transaction
  readonly events: Events
  readonly audit: Audit
  readonly catalog: Catalog
  readonly references: References
  readonly manifests: ManifestStore
}

/** Tags that clients make of a digest: signatures, and lists of referrers where a registry has none. */
export const derivedTag = /^sha(?:256|512)-[0-9a-f]{64}(?:[.-][a-zA-Z0-9._-]*)?$/

/** Manifest, names, event and audit row in one transaction (D-2). */
export async function pushManifest(
  parts: ManifestPushParts,
  principal: Principal,
  { ref, push }: { readonly ref: RepositoryRef; readonly push: ManifestPush },
): Promise<PushedManifest> {
  const { transaction, catalog, manifests } = parts
  const place = await repositoryPlace(catalog, principal, ref)
  const manifest = { ...manifests.read(push), sparse: push.sparse === true }
  const subject = manifest.document.subject?.digest
  if (ref.format !== 'oci' && !isAddition(push, subject)) throw new PushNotNative(ref.format)
  const waits = await withRetries(transaction, async () => {
    const located = await open(parts, principal, { ref, place, document: manifest.document })
    return store(parts, located, { manifest, tags: push.tags })
  })
  return { digest: digestText(manifest.digest), ...(subject !== undefined && { subject }), ...(waits.length > 0 && { waits }) }
}

const isAddition = ({ tags }: ManifestPush, subject: string | undefined): boolean =>
  tags.every((tag) => derivedTag.test(tag)) && (tags.length > 0 || subject !== undefined)

/** Signatures and the like say nothing of what the artifact is for. */
async function open(
  { catalog }: ManifestPushParts,
  principal: Principal,
  { ref, place, document }: { readonly ref: RepositoryRef; readonly place: BlobPlace; readonly document: ManifestDocument },
): Promise<Located> {
  const { namespace, name, format } = ref
  if (format !== 'oci') return place.open()
  const type = document.subject ? 'module-oci' : repositoryTypeOf(document)
  const located = place.located ?? (await openRepository(catalog, principal, { namespace, name, type }))
  if (type === 'module-oci' || type === located.artifact.type) return located
  return catalog.openForPublish(principal, { namespace, name, format, type, guessed: true })
}

async function store(
  { references, manifests, audit, events }: ManifestPushParts,
  located: Located,
  { manifest, tags }: { readonly manifest: ReadManifest; readonly tags: readonly string[] },
): Promise<readonly string[]> {
  const { artifact, namespace } = located
  const manifestDigest = digestText(manifest.digest)
  const added = await manifests.add(located, manifest)
  const isThere = async (digest: string) => (await manifests.get(artifact.id, digest)) !== undefined
  const accessory = tags.some(isAttachmentTag) && (await isAccessory(manifest.document, isThere))
  const { subject } = manifest.document
  const waits = await references.assign(located, tags, {
    ...{ manifestDigest, sizeBytes: sizeOf(manifest.document), settlesType: subject === undefined },
    ...{ copied: manifest.sparse === true, accessory },
  })
  if (added)
    await audit.record({
      action: 'manifest.pushed',
      subject: `${namespace.name}/${artifact.name}@${manifestDigest}`,
      subjectId: artifact.id,
      namespace: namespace.name,
      after: { mediaType: manifest.mediaType, tags, ...(subject && { subject: subject.digest }) },
    })
  // Those that wait name nothing yet.
  const named = waits.length > 0 ? tags.filter((tag) => accessory && isAttachmentTag(tag)) : [...tags]
  if (added || named.length > 0) await events.emit(ManifestPushed, { artifactId: artifact.id, manifestDigest, tags: named })
  return waits
}

/** Of an index, what its manifests say they have: their own sizes are all it knows. */
const sizeOf = ({ layers, manifests }: ManifestDocument): number => (layers ?? manifests ?? []).reduce((sum, { size }) => sum + size, 0)

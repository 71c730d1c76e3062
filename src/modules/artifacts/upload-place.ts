import { unless } from '../../shared/errors/unless.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import type { ArtifactFormat, ArtifactType } from '../../shared/types/artifact-type.ts'
import type { ArtifactRef, Catalog, Located, Namespace } from '../metadata/contract.ts'
import type { BlobPlace } from './blob-place.ts'

export interface UploadTarget {
  readonly namespace: Namespace
  /** Absent: the upload is for an artifact that the caller may create. */
  readonly located: Located | undefined
}

const anyTypeOf: Readonly<Record<ArtifactFormat, ArtifactType>> = {
  oci: 'module-oci',
  npm: 'module-node',
  model: 'model',
  generic: 'module-binary',
}

/** Where the caller may upload to, whether the artifact exists or not. Throws what the catalog throws. */
export async function uploadTarget(catalog: Catalog, principal: Principal, ref: ArtifactRef): Promise<UploadTarget> {
  const located = await existing(catalog, principal, ref)
  if (located) return { namespace: located.namespace, located }
  const { namespace, name, format = 'generic' } = ref
  return { namespace: await catalog.checkPublish(principal, { namespace, name, format, type: anyTypeOf[format] }), located: undefined }
}

/**
 * Where a blob of that upload goes: an artifact that exists, or one of format `oci`, which comes into being with its first blob. Undefined for any
 * other, which comes into being with its first version.
 */
export function placeOf(
  catalog: Catalog,
  principal: Principal,
  { ref, target }: { readonly ref: ArtifactRef; readonly target: UploadTarget },
): BlobPlace | undefined {
  if (!target.located && ref.format !== 'oci') return undefined
  return { ...target, open: () => openRepository(catalog, principal, { ...ref, type: 'module-oci' }) }
}

/** The artifact of format `oci`, which becomes one of `type` when it does not exist. Within the surrounding transaction. */
export async function openRepository(
  catalog: Catalog,
  principal: Principal,
  { namespace, name, type }: Pick<ArtifactRef, 'namespace' | 'name'> & { readonly type: ArtifactType },
): Promise<Located> {
  // Somebody else may have made it since, with the type it then keeps.
  const located = await existing(catalog, principal, { namespace, name, format: 'oci' })
  return located ?? catalog.openForPublish(principal, { namespace, name, format: 'oci', type })
}

const existing = (catalog: Catalog, principal: Principal, ref: ArtifactRef): Promise<Located | undefined> =>
  unless(['not-found'], () => catalog.locate(principal, ref, 'publish'))

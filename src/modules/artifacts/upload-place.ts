import { isDomainError } from '../../shared/errors/domain-error.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import type { ArtifactFormat, ArtifactType } from '../../shared/types/artifact-type.ts'
import type { ArtifactRef, Catalog, Located, Namespace } from '../metadata/contract.ts'

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

async function existing(catalog: Catalog, principal: Principal, ref: ArtifactRef): Promise<Located | undefined> {
  try {
    return await catalog.locate(principal, ref, 'publish')
  } catch (error) {
    if (isDomainError(error) && error.kind === 'not-found') return undefined
    throw error
  }
}

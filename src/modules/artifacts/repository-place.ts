import type { Principal } from '../../shared/kernel/principal.ts'
import type { Catalog } from '../metadata/contract.ts'
import type { BlobPlace } from './blob-place.ts'
import type { RepositoryRef } from './contract.ts'
import { placeOf, uploadTarget } from './upload-place.ts'

/** Where a push goes: an artifact of another format than `oci` has to exist. Throws what the catalog throws. */
export async function repositoryPlace(catalog: Catalog, principal: Principal, ref: RepositoryRef): Promise<BlobPlace> {
  if (ref.format === 'oci') {
    const place = placeOf(catalog, principal, { ref, target: await uploadTarget(catalog, principal, ref) })
    if (place) return place
  }
  const located = await catalog.locate(principal, ref, 'publish')
  return { namespace: located.namespace, located, open: async () => located }
}

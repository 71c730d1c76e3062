import { unless } from '../../../shared/errors/unless.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import type { Catalog, PublishTarget } from '../../metadata/contract.ts'
import type { PackageRef } from '../package-name.ts'

/** Whose publishers a caller may see and take away. */
export interface TrustView {
  /** A name in `library` that belongs to nobody yet: only what the caller added. */
  readonly createdBy?: string | undefined
}

export const publishTarget = (ref: PackageRef): PublishTarget => ({ ...ref, type: 'module-node', guessed: true })

/**
 * Passes for whoever manages the package. Where there is none yet, for who may create the name: owners of the namespace, everybody in `library`.
 * Throws what the catalog throws.
 */
export async function enterTrust(catalog: Catalog, principal: Principal, ref: PackageRef): Promise<TrustView> {
  const located = await unless(['not-found'], () => catalog.locate(principal, ref, 'manage'))
  if (located) return {}
  if (ref.namespace !== 'library') {
    await catalog.namespace(principal, ref.namespace, 'own')
    return {}
  }
  await catalog.checkPublish(principal, publishTarget(ref))
  return { createdBy: principal.userId }
}

import { AuthRequired } from '../../../shared/kernel/http-errors.ts'
import type { Principal, Scope } from '../../../shared/kernel/principal.ts'
import type { RepositoryRef } from '../../artifacts/contract.ts'
import { catalogAccess } from '../../auth/contract.ts'
import { InsufficientAccess } from './errors.ts'

/**
 * Throws InsufficientAccess (401) when the caller came with a token of `/v2/token` that was not issued for this. To be asked before anything is
 * looked at, so that private and absent look the same. Other credentials and anonymous callers pass: their rights are the authorizer's business.
 */
export function requireAccess({ access }: Principal, { namespace, name }: Pick<RepositoryRef, 'namespace' | 'name'>, scope: Scope): void {
  if (access !== undefined && access.get(`${namespace}/${name}`)?.has(scope) !== true) throw new InsufficientAccess()
}

/**
 * The same for `/v2/_catalog`: scope `registry:catalog:*`. Who comes without any credential is challenged as well: clients take an answer for all
 * there is and would never show who they are. Throws AuthRequired.
 */
export function requireCatalogAccess({ access, userId }: Principal): void {
  if (access === undefined && userId === undefined) throw new AuthRequired()
  if (access !== undefined && !access.has(catalogAccess)) throw new InsufficientAccess()
}

import { unless } from '../../../shared/errors/unless.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { requestContext, withRequestContext } from '../../../shared/kernel/request-context.ts'
import type { RepositoryRef } from '../../artifacts/contract.ts'
import type { Action, Authorizer, Resource } from '../../auth/contract.ts'
import type { Catalog } from '../../metadata/contract.ts'
import { RepositoryUnknown } from '../errors.ts'

/** Whoever pulled first is not the author of what is in a cache: the registry is. */
export const registry: Principal = {
  userId: '00000000-0000-0000-0000-000000000000',
  isAdmin: true,
  scopes: new Set(['read', 'publish', 'admin']),
}

export const asRegistry = <T>(work: () => Promise<T>): Promise<T> =>
  withRequestContext({ requestId: 'upstream', trace: null, ...requestContext(), actor: 'system', ip: null }, work)

export interface AdmissionParts {
  readonly catalog: Catalog
  readonly authorizer: Authorizer
}

/**
 * Whether a caller may act on a repository that may not be here yet: by the repository when it is here, hidden or not, else by its namespace. What it
 * throws is what an absent repository gives.
 */
export async function admit(
  { catalog, authorizer }: AdmissionParts,
  principal: Principal,
  { ref, action }: { readonly ref: RepositoryRef; readonly action: Action },
): Promise<void> {
  const located = await unlessAbsent(() => catalog.locate(registry, ref, 'read'))
  const resource = located?.resource ?? (await unborn(catalog, ref))
  await authorizer.require(principal, action, resource, () => new RepositoryUnknown())
}

async function unborn(catalog: Catalog, { namespace, name }: RepositoryRef): Promise<Resource | undefined> {
  const found = await unlessAbsent(() => catalog.namespace(registry, namespace, 'read'))
  return found && { accountId: found.accountId, namespace: found.name, namespaceVisibility: found.visibility, newName: name }
}

/** `undefined` for what is not there, or is said not to be. */
export const unlessAbsent = <T>(find: () => Promise<T>): Promise<T | undefined> => unless(['not-found', 'unauthenticated'], find)

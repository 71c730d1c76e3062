import type { FastifyReply, FastifyRequest } from 'fastify'
import { AuthRequired } from '../../shared/kernel/http-errors.ts'
import type { Principal, Scope } from '../../shared/kernel/principal.ts'
import { parseDigest } from '../../shared/types/digest.ts'
import type { Repositories, RepositoryRef, Uploads } from '../artifacts/contract.ts'
import { InvalidDigest } from '../artifacts/errors.ts'
import type { References } from '../metadata/references.contract.ts'
import type { Door } from './door.ts'
import { ParameterInvalid, RepositoryNameInvalid, RepositoryUnknown } from './errors.ts'
import type { OperationKind, OperationOf } from './operation.ts'
import { parseRepository } from './repository.ts'
import { requireAccess } from './token/require-access.ts'

/** One request, and what its path is about. */
export interface Call<K extends OperationKind> {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly operation: OperationOf<K>
}

export interface Services {
  readonly repositories: Repositories
  readonly uploads: Uploads
  readonly references: References
  readonly door: Door
}

export type Handle<K extends OperationKind> = (call: Call<K>, services: Services) => Promise<FastifyReply>

/**
 * The repository of a call, after everything that can be said without looking: who wants to write has to be known, and a token of `/v2/token` has
 * to cover the repository and the scope. Throws AuthRequired, InsufficientAccess, RepositoryNameInvalid, RepositoryUnknown.
 */
export function admit({ principal }: { readonly principal: Principal }, repository: string, scope: Scope): RepositoryRef {
  const ref = parseRepository(repository)
  if (principal.userId === undefined && (scope !== 'read' || !ref)) throw new AuthRequired()
  if (ref) {
    requireAccess(principal, ref, scope)
    return ref
  }
  throw scope === 'read' ? new RepositoryUnknown() : new RepositoryNameInvalid()
}

/** Throws `artifacts.digest_invalid`. */
export function requireDigest(text: string | undefined): string {
  if (text === undefined || !parseDigest(text)) throw new InvalidDigest()
  return text
}

/** Every value of a query parameter, in their order. */
export function parameters({ query }: FastifyRequest, name: string): readonly string[] {
  const value: unknown = typeof query === 'object' && query !== null && Object.hasOwn(query, name) ? Reflect.get(query, name) : undefined
  return value === undefined ? [] : [value].flat().map(String)
}

/** Throws ParameterInvalid when it is given more than once. */
export function parameter(request: FastifyRequest, name: string): string | undefined {
  const [first, ...others] = parameters(request, name)
  if (others.length > 0) throw new ParameterInvalid(name)
  return first
}

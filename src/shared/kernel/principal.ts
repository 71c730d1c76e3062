import type { FastifyRequest } from 'fastify'
import { service } from './service.ts'

export const scopes = ['read', 'publish', 'admin'] as const
export type Scope = (typeof scopes)[number]

/** Who is calling. Scopes are an upper bound; rights on an object are decided by the authorizer of module auth. */
export interface Principal {
  /** Absent for an anonymous caller. */
  readonly userId?: string
  readonly username?: string
  /** Administers the whole registry (still bounded by `scopes`). */
  readonly isAdmin: boolean
  /** `publish` includes `read`, `admin` includes both. */
  readonly scopes: ReadonlySet<Scope>
  /** The token or session that was presented. */
  readonly grantId?: string
  /** When present, the credential is good for these namespaces only. */
  readonly namespaces?: readonly string[]
  /** When present, the credential is good for these artifacts (`namespace/name`) only. */
  readonly artifacts?: readonly string[]
  /** When present, the credential is good for these artifacts (`namespace/name`) only, with these scopes. */
  readonly access?: ReadonlyMap<string, ReadonlySet<Scope>>
  /** The credential is good for handing versions in that somebody else approves: nothing it may publish becomes visible by itself. */
  readonly stagesOnly?: true
}

export const anonymous: Principal = { isAdmin: false, scopes: new Set<Scope>(['read']) }

/** The kernel asks it once per request; a domain module provides it. */
export interface Authenticator {
  /** Anonymous when no credential came. Throws a DomainError of kind `unauthenticated` for one that is no good. */
  authenticate(request: FastifyRequest): Promise<Principal>
}
export const Authenticator = service<Authenticator>('kernel.authenticator')

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal
  }
}

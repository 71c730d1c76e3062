import type { Scope } from '../../shared/kernel/principal.ts'

const included: Record<Scope, readonly Scope[]> = {
  read: ['read'],
  publish: ['read', 'publish'],
  admin: ['read', 'publish', 'admin'],
}
export const allScopes = included.admin

/** With the scopes each one includes. */
export const expandScopes = (scopes: readonly Scope[]): ReadonlySet<Scope> => new Set(scopes.flatMap((scope) => included[scope]))

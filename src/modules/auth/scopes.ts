import type { Principal, Scope } from '../../shared/kernel/principal.ts'

const included: Record<Scope, readonly Scope[]> = {
  read: ['read'],
  publish: ['read', 'publish'],
  admin: ['read', 'publish', 'admin'],
}
export const allScopes = included.admin

/** With the scopes each one includes. */
export const expandScopes = (scopes: readonly Scope[]): ReadonlySet<Scope> => new Set(scopes.flatMap((scope) => included[scope]))

/** A credential for some namespaces or artifacts only. */
export const isLimited = ({ namespaces, artifacts }: Principal): boolean => namespaces !== undefined || artifacts !== undefined

/** May administer the whole registry with the credential presented. */
export const isRegistryAdmin = (principal: Principal): boolean =>
  principal.isAdmin && principal.scopes.has('admin') && !isLimited(principal)

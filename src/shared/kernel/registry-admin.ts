import type { Principal } from './principal.ts'

/** A credential for some namespaces or artifacts only. */
export const isLimited = ({ namespaces, artifacts, access }: Principal): boolean =>
  namespaces !== undefined || artifacts !== undefined || access !== undefined

/** May administer the whole registry with the credential presented: the one place that decides it. */
export const isRegistryAdmin = (principal: Principal): boolean =>
  principal.isAdmin && principal.scopes.has('admin') && !isLimited(principal)

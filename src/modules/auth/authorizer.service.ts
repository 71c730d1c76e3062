import { AuthRequired } from '../../shared/kernel/http-errors.ts'
import type { Principal, Scope } from '../../shared/kernel/principal.ts'
import { isRegistryAdmin } from '../../shared/kernel/registry-admin.ts'
import { type Accounts, type Action, type Authorizer, catalogAccess, type Resource, type Role, type Sight } from './contract.ts'
import { NotAllowed } from './errors.ts'
import { atLeast, type Rights, type RightsCache } from './rights-cache.ts'

const needed: Record<Action, { readonly role: Role; readonly scope: Scope }> = {
  read: { role: 'read', scope: 'read' },
  publish: { role: 'write', scope: 'publish' },
  manage: { role: 'admin', scope: 'admin' },
  own: { role: 'owner', scope: 'admin' },
}
interface Caller {
  readonly principal: Principal
  readonly rights: Rights
}
const nobody: Rights = { accounts: new Map(), artifacts: new Map() }

export class AuthorizerService implements Authorizer {
  readonly #rights: RightsCache
  readonly #accounts: Accounts

  constructor(rights: RightsCache, accounts: Accounts) {
    this.#rights = rights
    this.#accounts = accounts
  }

  async allows(principal: Principal, action: Action, resource: Resource): Promise<boolean> {
    return decide({ principal, rights: await this.#rightsOf(principal) }, action, resource)
  }

  async require(...[principal, action, resource, absent]: Parameters<Authorizer['require']>): Promise<void> {
    // Looked up for an absent resource too, so that it takes as long as a hidden one (D-13).
    const caller = { principal, rights: await this.#rightsOf(principal) }
    if (resource && decide(caller, action, resource)) return
    if (principal.userId === undefined) throw new AuthRequired()
    throw resource && decide(caller, 'read', resource) ? new NotAllowed() : absent()
  }

  /** A credential limited to artifacts lists nothing private: rights know artifacts by id, its limits by name. */
  async sight({ access, ...principal }: Principal): Promise<Sight> {
    if (access !== undefined && !access.has(catalogAccess)) return { everything: false, accountIds: [], artifactIds: [] }
    if (principal.artifacts !== undefined) return { everything: false, accountIds: [], artifactIds: [] }
    if (isRegistryAdmin(principal)) return { everything: true, accountIds: [], artifactIds: [] }
    if (!principal.scopes.has('read')) return { everything: false, accountIds: [], artifactIds: [] }
    const { accounts, artifacts } = await this.#rightsOf(principal)
    if (principal.namespaces === undefined)
      return { everything: false, accountIds: [...accounts.keys()], artifactIds: [...artifacts.keys()] }
    const limits = await Promise.all(principal.namespaces.map((name) => this.#accounts.find(name)))
    const seesAll = principal.isAdmin && principal.scopes.has('admin')
    const accountIds = limits.flatMap((account) => (account && (seesAll || accounts.has(account.id)) ? [account.id] : []))
    return { everything: false, accountIds, artifactIds: [] }
  }

  async #rightsOf({ userId }: Principal): Promise<Rights> {
    return userId === undefined ? nobody : this.#rights.of(userId)
  }
}

function decide({ principal, rights }: Caller, action: Action, resource: Resource): boolean {
  const { role, scope } = needed[action]
  if (action === 'read' && isPublic(resource)) return true
  if (principal.userId === undefined || !principal.scopes.has(scope) || !withinLimits(principal, scope, resource)) return false
  if (principal.isAdmin && principal.scopes.has('admin')) return true
  if (isNewInLibrary(action, resource)) return true
  const { accountId, artifact } = resource
  return (
    (accountId !== null && atLeast(rights.accounts.get(accountId), role)) ||
    (artifact !== undefined && atLeast(rights.artifacts.get(artifact.id), role))
  )
}

/** `library` is public as a whole, whatever its artifacts say (design.md §2). */
function isPublic({ accountId, namespaceVisibility, artifact }: Resource): boolean {
  if (accountId === null) return true
  const own = artifact?.visibility ?? 'inherit'
  return (own === 'inherit' ? namespaceVisibility : own) === 'public'
}

/** An unscoped package belongs to whoever creates it, so anybody may create one (design.md §2). */
const isNewInLibrary = (action: Action, { accountId, artifact }: Resource): boolean =>
  accountId === null && action === 'publish' && artifact === undefined

function withinLimits({ namespaces, artifacts, access }: Principal, scope: Scope, { namespace, artifact, newName }: Resource): boolean {
  if (namespaces !== undefined && !namespaces.includes(namespace)) return false
  if (artifacts === undefined && access === undefined) return true
  const name = artifact?.name ?? newName
  if (name === undefined) return false
  const path = `${namespace}/${name}`
  const named = artifacts === undefined || artifacts.includes(path)
  return named && (access === undefined || access.get(path)?.has(scope) === true)
}

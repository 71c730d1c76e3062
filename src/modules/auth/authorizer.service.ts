import { AuthRequired } from '../../shared/kernel/http-errors.ts'
import type { Principal, Scope } from '../../shared/kernel/principal.ts'
import { isRegistryAdmin } from '../../shared/kernel/registry-admin.ts'
import { type Accounts, type Action, type Authorizer, catalogAccess, type Resource, type Role, type Sight } from './contract.ts'
import { NotAllowed } from './errors.ts'
import { atLeast, type RightsCache } from './rights-cache.ts'

const needed: Record<Action, { readonly role: Role; readonly scope: Scope }> = {
  read: { role: 'read', scope: 'read' },
  preview: { role: 'write', scope: 'read' },
  publish: { role: 'write', scope: 'publish' },
  manage: { role: 'admin', scope: 'admin' },
  own: { role: 'owner', scope: 'admin' },
}
const noAccounts: ReadonlyMap<string, Role> = new Map()
/** Of no artifact: asked for where there is none, so that it takes as long. */
const nobodysArtifact = '00000000-0000-0000-0000-000000000000'

export class AuthorizerService implements Authorizer {
  readonly #rights: RightsCache
  readonly #accounts: Accounts

  constructor(rights: RightsCache, accounts: Accounts) {
    this.#rights = rights
    this.#accounts = accounts
  }

  /** Hot: what is public is decided without any look-up. */
  async allows(principal: Principal, action: Action, resource: Resource): Promise<boolean> {
    const { role, scope } = needed[action]
    if (action === 'read' && isPublic(resource)) return true
    const { userId } = principal
    if (userId === undefined || !principal.scopes.has(scope) || !withinLimits(principal, scope, resource)) return false
    if (principal.isAdmin && principal.scopes.has('admin')) return true
    if (isNewInLibrary(action, resource)) return true
    const { accountId, artifact } = resource
    if (accountId !== null && atLeast((await this.#accountsOf(principal)).get(accountId), role)) return true
    return artifact !== undefined && atLeast(await this.#rights.roleOn(userId, artifact.id), role)
  }

  async require(...[principal, action, resource, absent]: Parameters<Authorizer['require']>): Promise<void> {
    if (resource && (await this.allows(principal, action, resource))) return
    if (principal.userId === undefined) throw new AuthRequired()
    // An absent resource is looked up like a hidden one (D-13).
    if (!resource) await this.#rights.roleOn(principal.userId, nobodysArtifact)
    throw resource && (await this.allows(principal, 'read', resource)) ? new NotAllowed() : absent()
  }

  /** A credential limited to artifacts lists nothing private: rights know artifacts by id, its limits by name. */
  async sight({ access, ...principal }: Principal): Promise<Sight> {
    if (access !== undefined && !access.has(catalogAccess)) return { everything: false, accountIds: [], artifactIds: [] }
    if (principal.artifacts !== undefined) return { everything: false, accountIds: [], artifactIds: [] }
    if (isRegistryAdmin(principal)) return { everything: true, accountIds: [], artifactIds: [] }
    if (!principal.scopes.has('read')) return { everything: false, accountIds: [], artifactIds: [] }
    const accounts = await this.#accountsOf(principal)
    if (principal.namespaces === undefined) {
      const artifactIds = principal.userId === undefined ? [] : await this.#rights.artifactsOf(principal.userId)
      return { everything: false, accountIds: [...accounts.keys()], artifactIds }
    }
    const limits = await Promise.all(principal.namespaces.map((name) => this.#accounts.find(name)))
    const seesAll = principal.isAdmin && principal.scopes.has('admin')
    const accountIds = limits.flatMap((account) => (account && (seesAll || accounts.has(account.id)) ? [account.id] : []))
    return { everything: false, accountIds, artifactIds: [] }
  }

  async #accountsOf({ userId }: Principal): Promise<ReadonlyMap<string, Role>> {
    return userId === undefined ? noAccounts : (await this.#rights.membershipsOf(userId)).accounts
  }
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

function withinLimits(principal: Principal, scope: Scope, { namespace, artifact, newName }: Resource): boolean {
  const { namespaces, artifacts, access } = principal
  if (principal.stagesOnly && scope !== 'read') return false
  if (namespaces !== undefined && !namespaces.includes(namespace)) return false
  if (artifacts === undefined && access === undefined) return true
  const name = artifact?.name ?? newName
  if (name === undefined) return false
  const path = `${namespace}/${name}`
  const named = artifacts === undefined || artifacts.includes(path)
  return named && (access === undefined || access.get(path)?.has(scope) === true)
}

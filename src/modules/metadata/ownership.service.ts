import type { Principal } from '../../shared/kernel/principal.ts'
import type { Authorizer, Grant, GrantSubject, Grants, Members, Role } from '../auth/contract.ts'
import { LastOwner } from '../auth/errors.ts'
import type { Holders } from '../auth/holders.contract.ts'
import type { ArtifactRef, Located } from './contract.ts'
import { NamespaceOwner } from './errors.ts'
import type { Locator } from './locator.ts'
import type { Change, Changes, Ownership } from './packages.contract.ts'
import type { Artifacts } from './views.ts'

export interface OwnershipDeps {
  readonly authorizer: Authorizer
  readonly grants: Grants
  readonly members: Members
  readonly holders: Holders
  readonly locator: Locator
  readonly changes: Changes
  readonly artifacts: Artifacts
}

interface Maintained {
  readonly located: Located
  /** Users with a grant that lets them publish. */
  readonly granted: readonly string[]
  readonly maintainers: readonly string[]
}

/** npm knows one kind of owner. Where nobody owns the namespace it is an owner of the artifact; elsewhere one who publishes it. */
export class OwnershipService implements Ownership {
  readonly #deps: OwnershipDeps

  constructor(deps: OwnershipDeps) {
    this.#deps = deps
  }

  async maintainers(principal: Principal, ref: ArtifactRef): Promise<readonly string[]> {
    return (await this.#maintained(await this.#deps.locator.artifact(principal, ref, 'read'))).maintainers
  }

  setMaintainers(principal: Principal, { ref, rev }: Omit<Change, 'action'>, usernames: readonly string[]): Promise<void> {
    return this.#change(principal, { ref, rev }, ({ maintainers }) => ({
      added: usernames.filter((name) => !maintainers.includes(name)),
      removed: maintainers.filter((name) => !usernames.includes(name)),
    }))
  }

  addMaintainer(principal: Principal, ref: ArtifactRef, username: string): Promise<void> {
    return this.#change(principal, { ref }, ({ maintainers }) => ({ added: maintainers.includes(username) ? [] : [username], removed: [] }))
  }

  removeMaintainer(principal: Principal, ref: ArtifactRef, username: string): Promise<void> {
    return this.#change(principal, { ref }, () => ({ added: [], removed: [username] }))
  }

  async collaborators(principal: Principal, ref: ArtifactRef): Promise<ReadonlyMap<string, boolean>> {
    const { authorizer, holders, members, locator } = this.#deps
    const located = await locator.artifact(principal, ref, 'read')
    const found = new Map<string, boolean>()
    const add = (name: string, role: Role) => found.set(name, found.get(name) === true || writes(role))
    if (await authorizer.allows(principal, 'publish', located.resource)) {
      const { accountId } = located.namespace
      for (const { username, role } of accountId === null ? [] : await members.list(accountId)) add(username, role)
      for (const [name, role] of await holders.onArtifact(located.artifact.id)) add(name, role)
    }
    for (const name of (await this.#maintained(located)).maintainers) add(name, 'write')
    return found
  }

  setGrant(principal: Principal, ref: ArtifactRef, grant: Pick<Grant, 'subject' | 'role'>): Promise<Grant> {
    return this.#deps.artifacts.setGrant(principal, ref, grant)
  }

  removeGrant(principal: Principal, ref: ArtifactRef, subject: GrantSubject): Promise<void> {
    return this.#deps.artifacts.removeGrant(principal, ref, subject)
  }

  /** Those who come are let in before the others go, so that a package may change hands in one step. */
  #change(
    principal: Principal,
    { ref, rev }: { readonly ref: ArtifactRef; readonly rev?: number | undefined },
    plan: (current: Maintained) => { readonly added: readonly string[]; readonly removed: readonly string[] },
  ): Promise<void> {
    return this.#deps.changes.together(principal, { ref, action: 'manage', ...(rev !== undefined && { rev }) }, async (located) => {
      const current = await this.#maintained(located)
      const { added, removed } = plan(current)
      const { maintainers, granted } = current
      if (added.length === 0 && maintainers.every((name) => removed.includes(name)))
        throw new LastOwner('a package cannot be without an owner')
      const role = located.namespace.accountId === null ? 'owner' : 'write'
      // The first grant would take owners of the namespace off the list, where they stood so far.
      const kept = granted.length === 0 && added.length > 0 ? maintainers.filter((name) => !removed.includes(name)) : []
      for (const name of [...kept, ...added]) await this.setGrant(principal, ref, { subject: user(name), role })
      for (const name of removed) await this.#remove(principal, { located, granted }, name)
    })
  }

  async #remove(principal: Principal, { located, granted }: Pick<Maintained, 'located' | 'granted'>, name: string): Promise<void> {
    const { namespace, artifact } = located
    const { accountId } = namespace
    const member = accountId === null || granted.includes(name) ? undefined : await this.#deps.members.find(accountId, name)
    if (member?.role === 'owner') throw new NamespaceOwner(name, namespace.name)
    await this.removeGrant(principal, { namespace: namespace.name, name: artifact.name, format: artifact.format }, user(name))
  }

  async #maintained(located: Located): Promise<Maintained> {
    const { grants, members } = this.#deps
    const { accountId } = located.namespace
    const held = await grants.list(located.artifact.id)
    const granted = held.filter(({ subject, role }) => subject.kind === 'user' && writes(role)).map(({ subject }) => subject.name)
    if (granted.length > 0 || accountId === null) return { located, granted, maintainers: granted }
    const owners = (await members.list(accountId)).filter(({ role }) => role === 'owner')
    return { located, granted, maintainers: owners.map(({ username }) => username) }
  }
}

const writes = (role: Role): boolean => role !== 'read'

const user = (name: string): GrantSubject => ({ kind: 'user', name })

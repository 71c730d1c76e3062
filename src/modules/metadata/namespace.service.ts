import { sql } from 'kysely'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { type Page, pageOf } from '../../shared/types/page.ts'
import type { Account, Accounts, Audit, Authorizer, Member, Members, Role, Visibility } from '../auth/contract.ts'
import { MemberNotFound } from '../auth/errors.ts'
import { type Namespace, NamespaceChanged, type NamespaceSettings, type PageQuery } from './contract.ts'
import { type Directory, withDefaults } from './directory.ts'
import { NamespaceNotFound, NamespaceUnowned, PublicNotAllowed, PublisherNotFound, QuotaNotYours } from './errors.ts'
import { type Locator, resourceOf } from './locator.ts'
import { readCursor } from './page.ts'
import { seenArtifacts, seenNamespaces } from './sight.contract.ts'
import type { Namespaces, NamespaceView, Owner, PublisherView, SettingsChange } from './views.ts'

export interface NamespaceServiceDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly audit: Audit
  readonly accounts: Accounts
  readonly authorizer: Authorizer
  readonly members: Members
}

interface Collaborators {
  readonly directory: Directory
  readonly locator: Locator
}

interface NamespaceRow extends Namespace {
  readonly artifactCount: number
  readonly totalDownloads: number
}

interface NamespaceChange {
  readonly visibility?: Visibility
  readonly settings?: SettingsChange
}

const noId = '00000000-0000-0000-0000-000000000000'

export const ownerOf = (account: Account | undefined): Owner | null =>
  account ? { name: account.name, displayName: account.displayName, type: account.kind, verified: account.verified } : null

export class NamespaceService implements Namespaces {
  readonly #deps: NamespaceServiceDeps
  readonly #with: Collaborators

  constructor(deps: NamespaceServiceDeps, collaborators: Collaborators) {
    this.#deps = deps
    this.#with = collaborators
  }

  async list(principal: Principal, { cursor, limit }: PageQuery): Promise<Page<NamespaceView>> {
    const sight = await this.#deps.authorizer.sight(principal)
    const [after] = readCursor(cursor, ['text'])
    const rows = await this.#rows(
      principal,
      sql`${seenNamespaces(sight)} and (${after ?? null}::text is null or n.name > ${after ?? null}) order by n.name limit ${limit + 1}`,
    )
    const accounts = await this.#deps.accounts.byIds(rows.flatMap(({ accountId }) => accountId ?? []))
    const views = rows.map((row) => viewOf(row, row.accountId === null ? undefined : accounts.get(row.accountId)))
    return pageOf(views, limit, ({ name }) => [name])
  }

  async find(principal: Principal, name: string): Promise<NamespaceView> {
    return this.#view(principal, await this.#with.locator.namespace(principal, name, 'read'))
  }

  async publisher(principal: Principal, name: string): Promise<PublisherView> {
    const namespace = await this.browse(principal, name, () => new PublisherNotFound())
    const account = namespace.accountId === null ? undefined : await this.#deps.accounts.find(namespace.name)
    if (!account) throw new PublisherNotFound()
    const { artifactCount, totalDownloads } = await this.#view(principal, namespace)
    const { id, kind, displayName, verified, createdAt } = account
    return {
      id,
      type: kind,
      username: account.name,
      displayName,
      verified,
      namespace: namespace.name,
      artifactCount,
      totalDownloads,
      createdAt,
    }
  }

  async update(principal: Principal, name: string, change: NamespaceChange): Promise<NamespaceView> {
    const { database, transaction, audit, events } = this.#deps
    const { id, name: canonical } = await this.#with.locator.namespace(principal, name, 'manage')
    const quotas = [change.settings?.quotaBytes, change.settings?.quotaArtifacts]
    if (!principal.isAdmin && quotas.some((quota) => quota !== undefined)) throw new QuotaNotYours()
    const updated = await transaction.run(async () => {
      const before = await this.#lock(id)
      const visibility = change.visibility ?? before.visibility
      const settings = merge(before.settings, change.settings ?? {})
      await this.#checkPublic(id, { visibility, settings: withDefaults(settings) })
      await database.sql`update namespaces set visibility = ${visibility}, settings = ${JSON.stringify(settings)}::jsonb, updated_at = now() where id = ${id}`
      await audit.record({
        action: 'namespace.updated',
        subject: canonical,
        subjectId: id,
        namespace: canonical,
        before: { visibility: before.visibility, settings: before.settings },
        after: { visibility, settings },
      })
      await events.emit(NamespaceChanged, { namespaceId: id, name: canonical })
      this.#with.directory.namespaceChanged(canonical)
      return this.#with.directory.namespace(canonical)
    })
    if (!updated) throw new NamespaceNotFound()
    return this.#view(principal, updated)
  }

  async members(principal: Principal, name: string): Promise<Member[]> {
    const { accountId } = await this.#with.locator.namespace(principal, name, 'read')
    return accountId === null ? [] : this.#deps.members.list(accountId)
  }

  async findMember(principal: Principal, name: string, username: string): Promise<Member> {
    const found = (await this.members(principal, name)).find((member) => member.username === username)
    if (!found) throw new MemberNotFound()
    return found
  }

  async setMember(
    principal: Principal,
    name: string,
    { username, role }: { readonly username: string; readonly role: Role },
  ): Promise<Member> {
    const accountId = await this.#ownedBy(principal, name, { username, role })
    return this.#deps.members.set(accountId, username, role)
  }

  async removeMember(principal: Principal, name: string, username: string): Promise<void> {
    const accountId = await this.#ownedBy(principal, name, { username })
    await this.#deps.members.remove(accountId, username)
  }

  /** For lists: one that may not be seen itself is still entered when something in it may. */
  async browse(
    principal: Principal,
    name: string,
    absent = (): NamespaceNotFound | PublisherNotFound => new NamespaceNotFound(),
  ): Promise<Namespace> {
    const { authorizer, database } = this.#deps
    const found = await this.#with.locator.known(name)
    if (found && (await authorizer.allows(principal, 'read', resourceOf(found)))) return found
    // Asked for an absent one too, so that it takes as long (D-13).
    const seen = seenArtifacts(await authorizer.sight(principal))
    const rows = await database.sql`select 1 from artifacts a join namespaces n on n.id = a.namespace_id
      where n.id = ${found?.id ?? noId} and a.state = 'active' and ${seen} limit 1`
    if (found && rows.length > 0) return found
    if (found) await this.#with.directory.currentNamespace(found.name)
    await authorizer.require(principal, 'read', undefined, absent)
    throw absent()
  }

  /** An administrator of a namespace neither makes nor unmakes owners. */
  async #ownedBy(
    principal: Principal,
    name: string,
    { username, role }: { readonly username: string; readonly role?: Role },
  ): Promise<string> {
    const { accountId } = await this.#with.locator.namespace(principal, name, 'manage')
    if (accountId === null) throw new NamespaceUnowned()
    const members = await this.#deps.members.list(accountId)
    const isOwner = members.some((member) => member.username === username && member.role === 'owner')
    if (isOwner || role === 'owner') await this.#with.locator.namespace(principal, name, 'own')
    return accountId
  }

  async #lock(id: string): Promise<{ readonly visibility: Visibility; readonly settings: Record<string, unknown> }> {
    const [row] = await this.#deps.database.sql<{ visibility: Visibility; settings: Record<string, unknown> }>`
      select visibility, settings from namespaces where id = ${id} and state = 'active' for no key update`
    if (!row) throw new NamespaceNotFound()
    return row
  }

  async #checkPublic(
    id: string,
    { visibility, settings }: { readonly visibility: Visibility; readonly settings: NamespaceSettings },
  ): Promise<void> {
    if (settings.allowPublicPublish) return
    if (visibility === 'public') throw new PublicNotAllowed()
    const rows = await this.#deps.database
      .sql`select 1 from artifacts where namespace_id = ${id} and visibility = 'public' and state = 'active' limit 1`
    if (rows.length > 0) throw new PublicNotAllowed()
  }

  async #view(principal: Principal, { id, accountId }: Namespace): Promise<NamespaceView> {
    const [row] = await this.#rows(principal, sql`n.id = ${id}`)
    if (!row) throw new NamespaceNotFound()
    const accounts = accountId === null ? undefined : await this.#deps.accounts.byIds([accountId])
    return viewOf(row, accountId === null ? undefined : accounts?.get(accountId))
  }

  async #rows(principal: Principal, where: ReturnType<typeof sql>): Promise<NamespaceRow[]> {
    const seen = seenArtifacts(await this.#deps.authorizer.sight(principal))
    return this.#deps.database.sql<NamespaceRow>`select n.id, n.name, n.account_id as "accountId", n.visibility, n.settings,
        n.created_at as "createdAt", c.count as "artifactCount", c.downloads as "totalDownloads"
      from namespaces n cross join lateral (
        select count(*), coalesce(sum(a.downloads), 0)::bigint as downloads from artifacts a
        where a.namespace_id = n.id and a.state = 'active' and ${seen}) c
      where n.state = 'active' and ${where}`
  }
}

const viewOf = (
  { id, name, visibility, settings, artifactCount, totalDownloads, createdAt }: NamespaceRow,
  account: Account | undefined,
): NamespaceView => ({
  ...{ id, name, visibility, artifactCount, totalDownloads, createdAt },
  settings: withDefaults(settings),
  owner: ownerOf(account),
})

/** JSON merge patch of one level (RFC 7396). */
const merge = (stored: Record<string, unknown>, change: SettingsChange): Record<string, unknown> =>
  Object.fromEntries(Object.entries({ ...stored, ...change }).filter(([, value]) => value !== null))

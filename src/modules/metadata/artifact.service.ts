import { sql } from 'kysely'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { isRegistryAdmin } from '../../shared/kernel/registry-admin.ts'
import type { ArtifactFormat, ArtifactType } from '../../shared/types/artifact-type.ts'
import { type Page, pageOf } from '../../shared/types/page.ts'
import type { Accounts, Audit, Authorizer, Grant, GrantSubject, Grants, GrantTarget, Role, Visibility } from '../auth/contract.ts'
import { GrantNotFound, LastOwner } from '../auth/errors.ts'
import type { Artifact, ArtifactRef, Located, PageQuery } from './contract.ts'
import type { Directory } from './directory.ts'
import { ArtifactNotFound, PublicNotAllowed } from './errors.ts'
import type { Locator } from './locator.ts'
import { type NamespaceService, ownerOf } from './namespace.service.ts'
import { readCursor } from './page.ts'
import type { Revisions } from './revisions.ts'
import { seenArtifacts } from './sight.contract.ts'
import { recentTags } from './tag.service.ts'
import type { ArtifactSummary, Artifacts, ArtifactView } from './views.ts'

export interface ArtifactServiceDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly accounts: Accounts
  readonly authorizer: Authorizer
  readonly grants: Grants
  readonly revisions: Revisions
}

interface Collaborators {
  readonly directory: Directory
  readonly locator: Locator
  readonly namespaces: NamespaceService
}

interface ArtifactChange {
  readonly description?: string | null
  readonly visibility?: Visibility | 'inherit'
}

/** Columns of `ArtifactSummary`, from `artifacts a join namespaces n`. */
const summaryColumns = sql`a.id, n.name as namespace, a.name, a.format, a.type, a.description, a.labels, a.visibility, a.stars,
  a.downloads,  a.created_at as "createdAt", a.updated_at as "updatedAt",
  (select v.version from tags t join versions v on v.id = t.version_id where t.artifact_id = a.id and t.name = 'latest') as latest`

const tagsInView = 100

export class ArtifactService implements Artifacts {
  readonly #deps: ArtifactServiceDeps
  readonly #with: Collaborators

  constructor(deps: ArtifactServiceDeps, collaborators: Collaborators) {
    this.#deps = deps
    this.#with = collaborators
  }

  async list(
    principal: Principal,
    namespace: string,
    {
      type = null,
      format = null,
      cursor,
      limit,
    }: PageQuery & { readonly type?: ArtifactType | null; readonly format?: ArtifactFormat | null },
  ): Promise<Page<ArtifactSummary>> {
    const { id } = await this.#with.namespaces.browse(principal, namespace)
    const [name, lastFormat] = readCursor(cursor, ['text', 'text'])
    const after = name === undefined ? sql`` : sql`and (a.name, a.format) > (${name}, ${lastFormat})`
    const rows = await this.#deps.database
      .sql<ArtifactSummary>`select ${summaryColumns} from artifacts a join namespaces n on n.id = a.namespace_id
      where a.namespace_id = ${id} and a.state = 'active' and ${seenArtifacts(await this.#deps.authorizer.sight(principal))}
        and (${type}::text is null or a.type = ${type}) and (${format}::text is null or a.format = ${format}) ${after}
      order by a.name, a.format limit ${limit + 1}`
    return pageOf(rows, limit, (row) => [row.name, row.format])
  }

  async find(principal: Principal, ref: ArtifactRef): Promise<ArtifactView> {
    return this.#view(await this.#with.locator.artifact(principal, ref, 'read'))
  }

  async update(principal: Principal, ref: ArtifactRef, change: ArtifactChange): Promise<ArtifactView> {
    const located = await this.#with.locator.artifact(principal, ref, 'manage')
    const { database, transaction, audit } = this.#deps
    await transaction.run(async () => {
      const before = await this.#lock(located)
      const { description = before.description, visibility = before.visibility } = change
      if (visibility === 'public' && !before.allowPublic) throw new PublicNotAllowed()
      await database.sql`update artifacts set description = ${description}, visibility = ${visibility}, updated_at = now() where id = ${located.artifact.id}`
      await audit.record({
        action: 'artifact.updated',
        subject: `${located.namespace.name}/${located.artifact.name}`,
        subjectId: located.artifact.id,
        namespace: located.namespace.name,
        before: { description: before.description, visibility: before.visibility },
        after: { description, visibility },
      })
      this.#with.directory.artifactChanged(located.artifact)
    })
    return this.#view(located)
  }

  async grants(principal: Principal, ref: ArtifactRef): Promise<Grant[]> {
    const { artifact } = await this.#with.locator.permitted(principal, ref, 'manage')
    return this.#deps.grants.list(artifact.id)
  }

  async findGrant(principal: Principal, ref: ArtifactRef, subject: GrantSubject): Promise<Grant> {
    const found = (await this.grants(principal, ref)).find((grant) => isOf(grant, subject))
    if (!found) throw new GrantNotFound()
    return found
  }

  async setGrant(principal: Principal, ref: ArtifactRef, { subject, role }: Pick<Grant, 'subject' | 'role'>): Promise<Grant> {
    const { artifact, namespace } = await this.#grantable(principal, ref, { subject, role })
    const { transaction, revisions, grants } = this.#deps
    return transaction.run(async () => {
      await revisions.raise(artifact)
      if (namespace.accountId === null && role !== 'owner') await this.#keepAnOwner(artifact, subject)
      return grants.set(grantTarget(principal, artifact), subject, role)
    })
  }

  async removeGrant(principal: Principal, ref: ArtifactRef, subject: GrantSubject): Promise<void> {
    const { artifact, namespace } = await this.#grantable(principal, ref, { subject })
    const { transaction, revisions, grants } = this.#deps
    await transaction.run(async () => {
      await revisions.raise(artifact)
      if (namespace.accountId === null) await this.#keepAnOwner(artifact, subject)
      await grants.remove(grantTarget(principal, artifact), subject)
    })
  }

  /** In a namespace nobody owns, nobody could give the artifact a new owner. The caller holds the artifact's row. */
  async #keepAnOwner({ id }: Artifact, subject: GrantSubject): Promise<void> {
    const owners = (await this.#deps.grants.list(id)).filter(({ role }) => role === 'owner')
    if (owners.some((grant) => isOf(grant, subject)) && owners.length === 1) throw new LastOwner('a package cannot be without an owner')
  }

  /** An administrator of an artifact neither makes nor unmakes owners. */
  async #grantable(
    principal: Principal,
    ref: ArtifactRef,
    { subject, role }: { readonly subject: GrantSubject; readonly role?: Role },
  ): Promise<Located> {
    const located = await this.#with.locator.artifact(principal, ref, 'manage')
    const grants = await this.#deps.grants.list(located.artifact.id)
    const isOwner = grants.some((grant) => grant.role === 'owner' && isOf(grant, subject))
    return isOwner || role === 'owner' ? this.#with.locator.artifact(principal, ref, 'own') : located
  }

  /** The namespace is held too: `allowPublicPublish` must not change meanwhile. */
  async #lock({ artifact }: Located) {
    const [row] = await this.#deps.database.sql<{ description: string | null; visibility: Visibility | 'inherit'; allowPublic: boolean }>`
      select a.description, a.visibility, coalesce((n.settings->>'allowPublicPublish')::boolean, true) as "allowPublic"
      from artifacts a join namespaces n on n.id = a.namespace_id where a.id = ${artifact.id} for no key update`
    if (!row) throw new ArtifactNotFound()
    return row
  }

  async #view({ artifact, namespace, caller }: Located): Promise<ArtifactView> {
    const { database, accounts } = this.#deps
    const [row] = await database.sql<ArtifactSummary & { versionCount: number; starred: boolean }>`select ${summaryColumns},
        (select count(*) from versions v where v.artifact_id = a.id and v.state not in ('deleted', 'pending') and v.state_before is distinct from 'pending') as "versionCount",
        exists (select 1 from stars s where s.artifact_id = a.id and s.user_id = ${caller?.userId ?? null}) as starred
      from artifacts a join namespaces n on n.id = a.namespace_id where a.id = ${artifact.id}`
    if (!row) throw new ArtifactNotFound()
    const { accountId } = namespace
    const owner = accountId === null ? undefined : (await accounts.byIds([accountId])).get(accountId)
    return { ...row, tags: await recentTags(database, artifact.id, tagsInView), owner: ownerOf(owner) }
  }
}

const isOf = ({ subject }: Grant, { kind, name }: GrantSubject): boolean => subject.kind === kind && subject.name === name

/** An administrator of the registry sees every team. */
function grantTarget(principal: Principal, { id, namespace }: Artifact): GrantTarget {
  const caller = isRegistryAdmin(principal) ? undefined : principal.userId
  return { artifactId: id, namespace, ...(caller !== undefined && { callerId: caller }) }
}

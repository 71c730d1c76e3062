import { sql } from 'kysely'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { type Page, pageOf } from '../../shared/types/page.ts'
import type { Audit, Authorizer } from '../auth/contract.ts'
import {
  type ArtifactRef,
  type Located,
  type PageQuery,
  type Version,
  VersionDeleted,
  VersionDeprecated,
  type VersionState,
  type VersionSummary,
  type Versions,
  VersionYanked,
} from './contract.ts'
import { Quarantined, UnpublishWindowClosed, VersionNotFound, VersionStateConflict } from './errors.ts'
import { freedPrefix } from './freed-name.ts'
import type { HeldPublications } from './held-publications.ts'
import type { Locator } from './locator.ts'
import { readCursor } from './page.ts'
import type { PublicationPolicies } from './publication-policies.ts'
import type { Revisions } from './revisions.ts'
import type { TagService } from './tag.service.ts'
import { isWithinUnpublishWindow } from './unpublish-window.ts'
import { factOf, subjectOf } from './version-fact.ts'
import { summaryColumns, type VersionLookup, versionByName, versionColumns } from './version-lookup.ts'
import type { VersionWriter } from './version-writer.ts'

export interface VersionServiceDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly audit: Audit
  readonly authorizer: Authorizer
  readonly revisions: Revisions
}

interface Collaborators {
  readonly locator: Locator
  readonly lookup: VersionLookup
  readonly tags: TagService
  readonly writer: VersionWriter
  readonly held: HeldPublications
  readonly policies: PublicationPolicies
}

interface UnpublishRule {
  readonly windowHours: number
  readonly now: () => Date
}

interface Change {
  /** States it is allowed from. */
  readonly from: readonly VersionState[]
  readonly action: string
  /** Assignments of the update of `versions`. */
  readonly set: ReturnType<typeof sql>
  /** Refuses by throwing. */
  readonly check?: (found: Version) => void
  readonly follow: (changed: Version) => Promise<void>
}

interface VersionReason {
  readonly version: string
  readonly reason: string | null
}

const live: readonly VersionState[] = ['published', 'deprecated', 'yanked']

/** States of a version and who may see it in which. */
export class VersionService implements Versions {
  readonly #deps: VersionServiceDeps
  readonly #with: Collaborators
  readonly #unpublish: UnpublishRule

  constructor(deps: VersionServiceDeps, collaborators: Collaborators, unpublish: UnpublishRule) {
    this.#deps = deps
    this.#with = collaborators
    this.#unpublish = unpublish
  }

  /** A yanked version answers to its exact name only, a pending one to writers only (design.md §5 decisions 4-6). */
  async resolve(located: Located, versionOrTag: string): Promise<Version> {
    const hit = await this.#with.lookup.find(located.artifact.id, versionOrTag)
    if (!hit || hit.version.state === 'deleted') throw new VersionNotFound()
    const { byTag, version } = hit
    if (version.state === 'quarantined') {
      if (await this.isUnseen(located, version)) throw new VersionNotFound()
      throw new Quarantined(version.stateReason)
    }
    if (version.state === 'yanked' && byTag) throw new VersionNotFound()
    if (version.state === 'pending' && (byTag || !(await this.#mayPreview(located)))) throw new VersionNotFound()
    if (this.#with.policies.anyOfReads) await this.#with.policies.checkRead(located, version.manifestDigest)
    return version
  }

  /** Whether a version in quarantine was held back before that, so that readers are not told of it. */
  async isUnseen(located: Located, { id, manifestDigest }: Pick<Version, 'id' | 'manifestDigest'>): Promise<boolean> {
    const standing = await this.#with.lookup.manifest(located.artifact.id, manifestDigest)
    return standing?.unseen.includes(id) === true && !(await this.#mayPreview(located))
  }

  async find(principal: Principal, ref: ArtifactRef, versionOrTag: string): Promise<Version> {
    return this.resolve(await this.#with.locator.artifact(principal, ref, 'read'), versionOrTag)
  }

  async list(
    principal: Principal,
    ref: ArtifactRef,
    query: PageQuery & { readonly order?: 'published' | 'semver' },
  ): Promise<Page<VersionSummary>> {
    const located = await this.#with.locator.artifact(principal, ref, 'read')
    const bySemver = query.order === 'semver'
    const [at, id] = readCursor(query.cursor, [bySemver ? 'text' : 'instant', 'uuid'])
    const column = bySemver ? sql`v.sort_key` : sql`v.published_at`
    const place = bySemver ? sql`${at}::text collate "C"` : sql`${at}::timestamptz`
    const after = at === undefined ? sql`` : sql`and (${column}, v.id) < (${place}, ${id}::uuid)`
    const seen = (await this.#mayPreview(located)) ? sql`` : sql`and 'pending' not in (v.state, coalesce(v.state_before, ''))`
    const rows = await this.#deps.database.sql<
      VersionSummary & { sortKey: string }
    >`select ${summaryColumns}, v.sort_key as "sortKey" from versions v
      where v.artifact_id = ${located.artifact.id} and v.state <> 'deleted' ${seen} ${after}
      order by ${column} desc, v.id desc limit ${query.limit + 1}`
    return pageOf(rows, query.limit, (row) => [bySemver ? row.sortKey : row.publishedAt, row.id])
  }

  async yank(principal: Principal, ref: ArtifactRef, { version, reason }: VersionReason): Promise<Version> {
    const located = await this.#with.locator.artifact(principal, ref, 'publish')
    return this.#change(located, version, {
      from: live,
      action: 'version.yanked',
      set: sql`state = 'yanked', state_reason = ${reason}`,
      follow: async (changed) => {
        await this.#with.writer.leaveLatestOf(located, changed, 'release')
        await this.#deps.events.emit(VersionYanked, { ...factOf(located, changed), yanked: true })
      },
    })
  }

  async unyank(principal: Principal, ref: ArtifactRef, version: string): Promise<Version> {
    const located = await this.#with.locator.artifact(principal, ref, 'publish')
    return this.#change(located, version, {
      from: ['yanked'],
      action: 'version.unyanked',
      set: sql`state = case when deprecated_reason is null then 'published' else 'deprecated' end, state_reason = null`,
      follow: async (changed) => {
        await this.#with.writer.followLatest(located, changed.id)
        await this.#deps.events.emit(VersionYanked, { ...factOf(located, changed), yanked: false })
      },
    })
  }

  async deprecate(principal: Principal, ref: ArtifactRef, { version, reason }: VersionReason): Promise<Version> {
    const located = await this.#with.locator.artifact(principal, ref, 'publish')
    const state: VersionState = reason === null ? 'published' : 'deprecated'
    return this.#change(located, version, {
      from: live,
      action: reason === null ? 'version.undeprecated' : 'version.deprecated',
      // A yanked version stays yanked, and is deprecated when it comes back.
      set: sql`deprecated_reason = ${reason}, state = case when state = 'yanked' then state else ${state} end`,
      follow: (changed) => this.#deps.events.emit(VersionDeprecated, { ...factOf(located, changed), reason }),
    })
  }

  async unpublish(principal: Principal, ref: ArtifactRef, version: string): Promise<void> {
    const { located, from } = await this.#removable(principal, ref, version)
    const { windowHours, now } = this.#unpublish
    await this.#change(located, version, {
      from,
      action: 'version.deleted',
      // What was never published keeps no name.
      set: sql`state = 'deleted', deleted_at = now(), state_before = null, reason_before = null,
        version = case when 'pending' in (state, state_before) then ${freedPrefix} || id::text else version end,
        sort_key = case when 'pending' in (state, state_before) then '' else sort_key end`,
      check: ({ state, publishedAt }) => {
        if (state !== 'pending' && !principal.isAdmin && !isWithinUnpublishWindow(publishedAt, now(), windowHours))
          throw new UnpublishWindowClosed(version, windowHours)
      },
      follow: async (changed) => {
        // Clients of npm need a `latest`, be it a pre-release.
        await this.#with.writer.leaveLatestOf(located, changed, 'any')
        await this.#with.tags.dropAllOf(located, changed.id)
        await this.#with.held.forgetVersion(located, changed)
        this.#with.lookup.changed(located.artifact.id, version)
        const wasPending = changed.version.startsWith(freedPrefix)
        await this.#deps.events.emit(VersionDeleted, { ...factOf(located, { ...changed, version }), ...(wasPending && { wasPending }) })
      },
    })
  }

  hasHidden(artifactId: string): Promise<boolean> {
    return this.#with.lookup.hasHidden(artifactId)
  }

  async manifestInUse(artifactId: string, digest: string): Promise<boolean> {
    const rows = await this.#deps.database.sql`
      select 1 from versions where artifact_id = ${artifactId} and manifest_digest = ${digest} and state <> 'deleted'
      union all select 1 from held_publications where artifact_id = ${artifactId} and manifest_digest = ${digest}
      union all select 1 from tags where artifact_id = ${artifactId} and manifest_digest = ${digest} limit 1`
    return rows.length > 0
  }

  /** Whoever may publish may also take back what was never published. */
  async #removable(principal: Principal, ref: ArtifactRef, version: string): Promise<Pick<Change, 'from'> & { readonly located: Located }> {
    const { locator } = this.#with
    const { artifact } = await locator.permitted(principal, ref, 'read')
    const waits = (await versionByName(this.#deps.database, artifact.id, version))?.state === 'pending'
    // By then it may have been published.
    return waits
      ? { located: await locator.artifact(principal, ref, 'publish'), from: ['pending'] }
      : { located: await locator.artifact(principal, ref, 'manage'), from: [...live, 'pending', 'quarantined'] }
  }

  #change(located: Located, name: string, change: Change): Promise<Version> {
    const { database, transaction, audit, revisions } = this.#deps
    return transaction.run(async () => {
      await revisions.raise(located.artifact)
      const found = await versionByName(database, located.artifact.id, name)
      if (!found || found.state === 'deleted') throw new VersionNotFound()
      if (!change.from.includes(found.state)) throw new VersionStateConflict(found.state)
      change.check?.(found)
      const [changed = found] =
        await database.sql<Version>`update versions v set ${change.set} where id = ${found.id} returning ${versionColumns}`
      await audit.record({
        action: change.action,
        subject: subjectOf(located, name),
        subjectId: found.id,
        namespace: located.namespace.name,
        before: { state: found.state, reason: found.stateReason },
        after: { state: changed.state, reason: changed.stateReason },
      })
      await this.#forget(located, changed)
      await change.follow(changed)
      return changed
    })
  }

  async #forget({ artifact }: Located, { id, version }: Version): Promise<void> {
    const tags = await this.#deps.database.sql<{ name: string }>`select name from tags where version_id = ${id}`
    for (const name of [version, ...tags.map((tag) => tag.name)]) this.#with.lookup.changed(artifact.id, name)
  }

  #mayPreview({ caller, resource }: Located): Promise<boolean> {
    return caller ? this.#deps.authorizer.allows(caller, 'preview', resource) : Promise.resolve(false)
  }
}

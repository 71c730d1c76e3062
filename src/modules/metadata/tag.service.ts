import { sql } from 'kysely'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { type Page, pageOf } from '../../shared/types/page.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Audit } from '../auth/contract.ts'
import {
  type ArtifactRef,
  type Located,
  type PageQuery,
  type Precondition,
  type Tag,
  type TagChange,
  TagMoved,
  type Tags,
} from './contract.ts'
import { TagChanged, TagImmutable, TagNotFound, VersionNotFound, VersionStateConflict } from './errors.ts'
import type { Locator } from './locator.ts'
import { readCursor } from './page.ts'
import type { PublicationPolicies } from './publication-policies.ts'
import type { Revisions } from './revisions.ts'
import { checkTagName, isImmutableTag, tagEtag } from './tag-rules.ts'
import { type VersionLookup, versionByName } from './version-lookup.ts'

export interface TagServiceDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly audit: Audit
  readonly revisions: Revisions
  readonly policies: Pick<PublicationPolicies, 'any'>
}

/** Of a tag that waited: whoever asked for it before comes too late when it is placed. */
interface Asked {
  readonly asked?: number
}
type PlainTarget = Pick<Target, 'manifestDigest'> & Asked

/** Where a tag was and is to be. */
interface Placement extends Asked {
  readonly current: TagRow | undefined
  readonly target: Target
}

/** Of a tag that a person moves. */
const lastAsked = Number.MAX_SAFE_INTEGER

export interface TagRow {
  readonly name: string
  readonly version: string | null
  readonly manifestDigest: string
  readonly changeId: string
  readonly updatedAt: string
}

interface Target {
  readonly versionId: string | null
  readonly version: string | null
  readonly manifestDigest: string
}

const tagColumns = sql`t.name, v.version, t.manifest_digest as "manifestDigest", t.change_id as "changeId", t.updated_at as "updatedAt"`

const documentOf = ({ changeId, ...tag }: TagRow): Tag => ({ ...tag, etag: tagEtag(changeId) })

/** The tags that moved last, newest first. */
export async function recentTags(database: Database, artifactId: string, limit: number): Promise<Tag[]> {
  const rows = await database.sql<TagRow>`select ${tagColumns} from tags t left join versions v on v.id = t.version_id
    where t.artifact_id = ${artifactId} order by t.updated_at desc, t.name limit ${limit}`
  return rows.map(documentOf)
}

/** Movable names. Every change takes the artifact's row lock first, so none is lost and no two of them wait for each other (D-6). */
export class TagService implements Tags {
  readonly #deps: TagServiceDeps
  readonly #locator: Locator
  readonly #lookup: VersionLookup

  constructor(deps: TagServiceDeps, locator: Locator, lookup: VersionLookup) {
    this.#deps = deps
    this.#locator = locator
    this.#lookup = lookup
  }

  async list(principal: Principal, ref: ArtifactRef, { cursor, limit }: PageQuery): Promise<Page<Tag>> {
    const { artifact } = await this.#locator.artifact(principal, ref, 'read')
    const [after] = readCursor(cursor, ['text'])
    const rows = await this.#deps.database.sql<TagRow>`select ${tagColumns} from tags t left join versions v on v.id = t.version_id
      where t.artifact_id = ${artifact.id} and (${after ?? null}::text is null or t.name > ${after ?? null}) order by t.name limit ${limit + 1}`
    return pageOf(rows.map(documentOf), limit, ({ name }) => [name])
  }

  async find(principal: Principal, ref: ArtifactRef, tag: string): Promise<Tag> {
    const { artifact } = await this.#locator.artifact(principal, ref, 'read')
    const found = await this.#select(artifact.id, tag)
    if (!found) throw new TagNotFound()
    return documentOf(found)
  }

  async history(
    principal: Principal,
    ref: ArtifactRef,
    { tag, cursor, limit }: PageQuery & { readonly tag: string },
  ): Promise<Page<TagChange>> {
    const { artifact } = await this.#locator.artifact(principal, ref, 'read')
    const [at, id] = readCursor(cursor, ['instant', 'uuid'])
    const after = at === undefined ? sql`` : sql`and (changed_at, id) < (${at}::timestamptz, ${id}::uuid)`
    const rows = await this.#deps.database.sql<
      TagChange & { readonly id: string }
    >`select id, from_version as "fromVersion", from_digest as "fromDigest",
      to_version as "toVersion", to_digest as "toDigest", changed_by as "changedBy", changed_at as "changedAt" from tag_history
      where artifact_id = ${artifact.id} and tag = ${storable(tag)} ${after} order by changed_at desc, id desc limit ${limit + 1}`
    return pageOf(rows, limit, (row) => [row.changedAt, row.id])
  }

  async move(
    principal: Principal,
    ref: ArtifactRef,
    change: { readonly tag: string; readonly version: string } & Precondition,
  ): Promise<Tag> {
    const located = await this.#locator.artifact(principal, ref, 'publish')
    checkTagName(change.tag, located.artifact)
    return this.#deps.transaction.run(async () => {
      const current = await this.#lock(located, change.tag)
      checkPrecondition(current, change)
      const version = await versionByName(this.#deps.database, located.artifact.id, change.version)
      if (!version || version.state === 'deleted' || version.state === 'pending') throw new VersionNotFound()
      if (version.state !== 'published' && version.state !== 'deprecated') throw new VersionStateConflict(version.state)
      const target = { versionId: version.id, version: version.version, manifestDigest: version.manifestDigest }
      if (current && !isSame(current, target) && isImmutableTag(change.tag, located.namespace.settings)) throw new TagImmutable()
      await this.#checkFree(located, change.tag, target)
      return this.#set(located, change.tag, { current, target })
    })
  }

  async remove(principal: Principal, ref: ArtifactRef, change: { readonly tag: string } & Precondition): Promise<void> {
    const located = await this.#locator.artifact(principal, ref, 'publish')
    await this.#deps.transaction.run(async () => {
      const current = await this.#lock(located, change.tag)
      if (!current) throw new TagNotFound()
      checkPrecondition(current, change)
      await this.drop(located, change.tag)
    })
  }

  /** The registry's own moves, for example `latest`: `immutableTags` binds people only. The caller holds the artifact's row. */
  async place(located: Located, tag: string, target: Target): Promise<void> {
    await this.#set(located, tag, { current: await this.#select(located.artifact.id, tag), target, asked: 0 })
  }

  /** Tags of a publish, bound by `immutableTags`; `asked` of one that waited. The caller holds the artifact's row. */
  async attach(located: Located, tag: string, { asked = lastAsked, ...target }: Target & Asked): Promise<void> {
    await this.#set(located, tag, { current: await this.admit(located, tag, target), target, asked })
  }

  /** What such a tag is now. Throws what forbids it to become one of the target. */
  async admit(located: Located, tag: string, target: Target): Promise<TagRow | undefined> {
    checkTagName(tag, located.artifact)
    const current = located.held === 'new' ? undefined : await this.#select(located.artifact.id, tag)
    if (current && !isSame(current, target) && isImmutableTag(tag, located.namespace.settings)) throw new TagImmutable()
    await this.#checkFree(located, tag, target)
    return current
  }

  /** A name pushed for a manifest that is no version, bound by `immutableTags`. The caller holds the artifact's row. */
  async point(located: Located, tag: string, { manifestDigest, asked = lastAsked }: PlainTarget): Promise<void> {
    checkTagName(tag, located.artifact)
    const current = await this.#select(located.artifact.id, tag)
    if (current?.manifestDigest === manifestDigest) return this.#outdo(located.artifact.id, tag, asked)
    if (current && isImmutableTag(tag, located.namespace.settings)) throw new TagImmutable()
    await this.#set(located, tag, { current, target: { versionId: null, version: null, manifestDigest }, asked })
  }

  /** Takes one name away. Throws `metadata.tag_not_found`. The caller holds the artifact's row. */
  async drop(located: Located, tag: string): Promise<void> {
    const current = await this.#select(located.artifact.id, tag)
    if (!current) throw new TagNotFound()
    if (isImmutableTag(tag, located.namespace.settings)) throw new TagImmutable()
    await this.#unset(located, current)
  }

  /** Takes away the tags of a version that is no more. The caller holds the artifact's row. */
  async dropAllOf(located: Located, versionId: string): Promise<void> {
    const rows = await this.#deps.database.sql<TagRow>`select ${tagColumns} from tags t left join versions v on v.id = t.version_id
      where t.artifact_id = ${located.artifact.id} and t.version_id = ${versionId} order by t.name`
    for (const row of rows) await this.#unset(located, row)
  }

  /** Where a version may be called like a tag, a tag would hide the version of its name from OCI clients. */
  async #checkFree({ artifact }: Located, tag: string, { versionId }: Target): Promise<void> {
    if (artifact.format !== 'oci' && artifact.format !== 'model') return
    const version = await versionByName(this.#deps.database, artifact.id, tag)
    if (version && version.id !== versionId) throw new TagImmutable()
  }

  /** The name as it is in this moment. */
  async current(artifactId: string, tag: string): Promise<Pick<TagRow, 'manifestDigest'> | undefined> {
    return this.#select(artifactId, tag)
  }

  async #select(artifactId: string, tag: string): Promise<TagRow | undefined> {
    const [row] = await this.#deps.database.sql<TagRow>`select ${tagColumns} from tags t left join versions v on v.id = t.version_id
      where t.artifact_id = ${artifactId} and t.name = ${storable(tag)}`
    return row
  }

  async #lock({ artifact }: Located, tag: string): Promise<TagRow | undefined> {
    await this.#deps.revisions.raise(artifact)
    return this.#select(artifact.id, tag)
  }

  async #set(located: Located, tag: string, { current, target, asked = lastAsked }: Placement): Promise<Tag> {
    if (current && isSame(current, target)) {
      await this.#outdo(located.artifact.id, tag, asked)
      return documentOf(current)
    }
    const { change, id } = await this.#remember(located, tag, { current, target })
    const [row] = await this.#deps.database.sql<{
      updatedAt: string
    }>`with remembered as (${change})${this.#outdoing(located.artifact.id, tag, asked)} insert into tags (artifact_id, name, version_id, manifest_digest, change_id, updated_at, updated_by)
      values (${located.artifact.id}, ${tag}, ${target.versionId}, ${target.manifestDigest}, ${id}, clock_timestamp(), ${author(located)})
      on conflict (artifact_id, name) do update set version_id = excluded.version_id, manifest_digest = excluded.manifest_digest,
        change_id = excluded.change_id, updated_at = excluded.updated_at, updated_by = excluded.updated_by
      returning updated_at as "updatedAt"`
    const { version, manifestDigest } = target
    return documentOf({ name: tag, version, manifestDigest, changeId: id, updatedAt: row?.updatedAt ?? '' })
  }

  async #unset(located: Located, current: TagRow): Promise<void> {
    const { change } = await this.#remember(located, current.name, { current, target: undefined })
    await this.#deps.database.sql`with remembered as (${change})${this.#outdoing(located.artifact.id, current.name, lastAsked)}
      delete from tags where artifact_id = ${located.artifact.id} and name = ${current.name}`
  }

  /** Whoever waits for the name and asked for it before gets it no more. */
  async #outdo(artifactId: string, tag: string, asked: number): Promise<void> {
    if (this.#mayOutdo(asked)) await this.#deps.database.sql`${outdone(artifactId, tag, asked)}`
  }

  /** The same as a part of another statement. */
  #outdoing(artifactId: string, tag: string, asked: number) {
    return this.#mayOutdo(asked) ? sql`, outdone as (${outdone(artifactId, tag, asked)})` : sql``
  }

  #mayOutdo(asked: number): boolean {
    return this.#deps.policies.any && asked > 0
  }

  /** Audit row, event and invalidation of one change; returns the insert into its history and its id. */
  async #remember(
    located: Located,
    tag: string,
    { current, target }: { current: TagRow | undefined; target: Target | undefined },
  ): Promise<{ readonly id: string; readonly change: ReturnType<typeof sql> }> {
    const { artifact, namespace } = located
    const id = uuidv7()
    await this.#deps.audit.record({
      action: target ? 'tag.moved' : 'tag.deleted',
      subject: `${namespace.name}/${artifact.name}:${tag}`,
      subjectId: artifact.id,
      namespace: namespace.name,
      ...(current && { before: { version: current.version, manifestDigest: current.manifestDigest } }),
      ...(target && { after: { version: target.version, manifestDigest: target.manifestDigest } }),
    })
    const from = current?.manifestDigest ?? null
    await this.#deps.events.emit(TagMoved, { artifactId: artifact.id, tag, from, to: target?.manifestDigest ?? null })
    this.#lookup.changed(artifact.id, tag)
    const change = sql`insert into tag_history (id, artifact_id, tag, from_version, from_digest, to_version, to_digest, changed_by, changed_at)
      values (${id}, ${artifact.id}, ${tag}, ${current?.version ?? null}, ${current?.manifestDigest ?? null},
        ${target?.version ?? null}, ${target?.manifestDigest ?? null}, ${author(located)}, clock_timestamp())`
    return { id, change }
  }
}

const outdone = (artifactId: string, tag: string, asked: number) =>
  sql`delete from held_names where artifact_id = ${artifactId} and name = ${tag} and asked <= ${asked}`

const author = ({ caller }: Located): string | null => caller?.userId ?? null

const isSame = (current: TagRow, target: Target): boolean =>
  current.version === target.version && current.manifestDigest === target.manifestDigest

/** RFC 9110 §13.1: `*` is any existing state. */
function checkPrecondition(current: TagRow | undefined, { ifMatch, ifNoneMatch }: Precondition): void {
  const etag = current && tagEtag(current.changeId)
  if (ifMatch !== undefined && !matches(ifMatch, etag)) throw new TagChanged()
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, etag)) throw new TagChanged()
}

const matches = (header: string, etag: string | undefined): boolean =>
  etag !== undefined && header.split(',').some((part) => part.trim() === '*' || part.trim() === etag)

/** A text no tag can have must not reach the database: NUL is an error there. */
const storable = (tag: string): string => (/^[\x21-\x7e]{1,128}$/.test(tag) ? tag : '')

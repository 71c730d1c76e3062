import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import { isTagName } from '../../shared/types/tag-name.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Audit } from '../auth/contract.ts'
import { type Located, type NewVersion, type Version, VersionPublished, type VersionSummary } from './contract.ts'
import { resolveDependencies } from './dependency-resolution.ts'
import { ManifestInvalid, MetadataTooLarge, Quarantined, TagImmutable, TagInvalid, VersionExists } from './errors.ts'
import type { HeldName, HeldPublications } from './held-publications.ts'
import { manifestFaults } from './manifest-check.ts'
import { type Hold, type PublicationPolicies, reasonOf } from './publication-policies.ts'
import type { PublishLimits } from './publish-limits.ts'
import type { Revisions } from './revisions.ts'
import type { TagService } from './tag.service.ts'
import { factOf, subjectOf } from './version-fact.ts'
import { highestRelease, highestVersion, quarantineOf, type VersionLookup, versionColumns } from './version-lookup.ts'
import { parseVersionName, type VersionName } from './version-name.ts'

export interface VersionWriterDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly audit: Audit
  readonly limits: PublishLimits
  readonly revisions: Revisions
}

interface Collaborators {
  readonly lookup: VersionLookup
  readonly tags: TagService
  readonly held: HeldPublications
  readonly policies: PublicationPolicies
}

interface VersionTarget {
  readonly versionId: string
  readonly version: string
  readonly manifestDigest: string
}

/** Adds versions: an insert that wins or loses, then everything that follows from it, in one transaction (D-2, D-5). */
export class VersionWriter {
  readonly #deps: VersionWriterDeps
  readonly #with: Collaborators
  readonly #maxMetadataBytes: number

  constructor(deps: VersionWriterDeps, collaborators: Collaborators, maxMetadataBytes: number) {
    this.#deps = deps
    this.#with = collaborators
    this.#maxMetadataBytes = maxMetadataBytes
  }

  /** Nothing but the metadata itself: for a check before the bytes arrive, and again when they have. */
  checkMetadata({ artifact }: Pick<Located, 'artifact'>, entry: Pick<NewVersion, 'version' | 'metadata' | 'bare'>): VersionName {
    const { version, metadata } = entry
    const name = parseVersionName(artifact.format, version)
    // Faults first: they bound the depth, which a serialization would recurse into.
    const faults = manifestFaults(artifact, name.text, entry)
    if (faults.length > 0) throw new ManifestInvalid(faults)
    if (Buffer.byteLength(JSON.stringify(metadata)) > this.#maxMetadataBytes) throw new MetadataTooLarge(this.#maxMetadataBytes)
    return name
  }

  /** Pending when a policy objects. */
  async add(located: Located, entry: NewVersion): Promise<Version> {
    const name = this.checkMetadata(located, entry)
    return this.#deps.transaction.run(async () => {
      if (!located.held) await this.#deps.revisions.settle(located.artifact)
      const holds = await this.#review(located, name, entry)
      if (holds.length === 0) return this.#add(located, name, entry)
      const version = await this.#add(located, name, { ...entry, state: 'pending', reason: reasonOf(holds) })
      const { manifestDigest, sizeBytes, tags, keepsLatest = false } = entry
      const wanted = [...new Set(tags)].map((tag) => ({ name: tag, versionId: version.id }))
      for (const { name: tag } of wanted) await this.#with.tags.admit(located, tag, { ...version, versionId: version.id })
      const hold = { manifestDigest, sizeBytes, keepsLatest, versions: [version.version], tags: wanted }
      await this.#with.held.hold(located, hold, holds)
      return version
    })
  }

  /** For callers that have asked the policies themselves: published, or with a reason pending. The caller holds the artifact's row. */
  async addReviewed(located: Located, entry: NewVersion, reason?: string): Promise<Version> {
    const name = this.checkMetadata(located, entry)
    await this.#deps.revisions.settle(located.artifact)
    return this.#add(located, name, reason === undefined ? entry : { ...entry, state: 'pending', reason })
  }

  /** What follows when nothing holds a version any more. The caller holds the artifact's row. */
  async publish(
    located: Located,
    { id, version, manifestDigest }: VersionSummary,
    { names, keepsLatest }: { readonly names: readonly HeldName[]; readonly keepsLatest: boolean },
  ): Promise<void> {
    const { database, audit, events } = this.#deps
    const [published] = await database.sql<Version>`update versions v set state = 'published', state_reason = null, published_at = now()
      where id = ${id} returning ${versionColumns}`
    if (!published) return
    await audit.record({
      action: 'version.published',
      subject: subjectOf(located, version),
      subjectId: id,
      namespace: located.namespace.name,
      before: { state: 'pending' },
      after: { manifestDigest, sizeBytes: published.sizeBytes, state: published.state },
    })
    const target = { versionId: id, version, manifestDigest }
    for (const { name, asked } of names) await unlessTaken(() => this.#with.tags.attach(located, name, { ...target, asked }))
    await this.#placeLatest(located, target, { tags: names.map(({ name }) => name), keepsLatest })
    this.#with.lookup.changed(located.artifact.id, version)
    await events.emit(VersionPublished, factOf(located, published))
  }

  /**
   * `latest` follows the highest release; images have no such rule, there it is a tag like any other. With `only`, one that a person moved
   * is left alone unless that version is above all others. The caller holds the artifact's row.
   */
  async followLatest(located: Located, only?: string): Promise<void> {
    if (located.artifact.format === 'oci') return
    const highest = await highestRelease(this.#deps.database, located.artifact.id)
    if (!highest || (only !== undefined && highest.id !== only)) return
    await this.#with.tags.place(located, 'latest', { versionId: highest.id, ...highest })
  }

  /** `latest` goes to the next best when its version no longer resolves. The caller holds the artifact's row. */
  async leaveLatestOf(located: Located, left: Pick<Version, 'id'>, next: 'release' | 'any'): Promise<void> {
    const rows = await this.#deps.database
      .sql`select 1 from tags where artifact_id = ${located.artifact.id} and name = 'latest' and version_id = ${left.id}`
    if (rows.length > 0) await this.leaveLatest(located, next)
  }

  /** `latest` goes to the highest release; where there is none, `any` version of an npm package will do. The caller holds the artifact's row. */
  async leaveLatest(located: Located, next: 'release' | 'any'): Promise<void> {
    const { artifact } = located
    if (artifact.format !== 'npm' || next === 'release') return this.followLatest(located)
    const { database } = this.#deps
    const best = (await highestRelease(database, artifact.id)) ?? (await highestVersion(database, artifact.id))
    if (best) await this.#with.tags.place(located, 'latest', { versionId: best.id, ...best })
  }

  async #review(
    located: Located,
    { text }: VersionName,
    { manifestDigest, tags, metadata, bare, state, proof, written }: NewVersion,
  ): Promise<readonly Hold[]> {
    const { policies } = this.#with
    if (!policies.any || state === 'pending') return []
    const publication = { located, manifestDigest, version: text, tags: [...new Set(tags)], metadata }
    return policies.review({ ...publication, ...(bare && { bare }), ...(proof && { proof }) }, written)
  }

  async #add(located: Located, name: VersionName, entry: NewVersion & { readonly reason?: string }): Promise<Version> {
    const metadata = await this.#admit(located, name, entry)
    const target = { versionId: uuidv7(), version: name.text, manifestDigest: entry.manifestDigest }
    const { state = 'published', sizeBytes } = entry
    if (entry.reason === undefined)
      await this.#deps.audit.record({
        action: 'version.published',
        subject: subjectOf(located, name.text),
        subjectId: target.versionId,
        namespace: located.namespace.name,
        after: { manifestDigest: entry.manifestDigest, sizeBytes, state },
      })
    // Sent together, in this order: the tags of a version that turns out to exist are rolled back with it.
    const inserting = this.#insert(located, name, { ...entry, metadata, id: target.versionId })
    const tagging = state === 'published' ? this.#tag(located, target, entry) : undefined
    const [version] = await Promise.all([inserting, tagging])
    await this.#deps.limits.newVersion()
    this.#with.lookup.changed(located.artifact.id, version.version)
    if (state === 'published') await this.#deps.events.emit(VersionPublished, factOf(located, version))
    return version
  }

  /** The metadata as it is stored. Throws VersionExists. */
  async #admit(located: Located, { text }: VersionName, entry: NewVersion): Promise<NewVersion['metadata']> {
    if (await this.#isTagOfOther(located, text, entry)) throw new VersionExists(text)
    return resolveDependencies(this.#deps.database, located, entry.metadata)
  }

  /** What is in quarantine stays there under a new name, also when the version that it came with is gone. */
  async #insert(
    located: Located,
    { text, sortKey, prerelease }: VersionName,
    entry: NewVersion & { readonly id: string; readonly reason?: string },
  ): Promise<Version> {
    const { manifestDigest } = entry
    const artifactId = located.artifact.id
    const [version] = await this.#deps.database.sql<Version>`insert into versions as v
      (id, artifact_id, version, sort_key, prerelease, state, state_reason, manifest_digest, size_bytes, metadata, published_by)
      select ${entry.id}::uuid, ${artifactId}::uuid, ${text}, ${sortKey}, ${prerelease}::boolean, ${entry.state ?? 'published'}, ${entry.reason ?? null},
        ${manifestDigest}, ${entry.sizeBytes}::bigint, ${JSON.stringify(entry.metadata)}::jsonb, ${located.caller?.userId ?? null}::uuid
      where not exists (select 1 from quarantines where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest})
      on conflict (artifact_id, version) do nothing returning ${versionColumns}`
    if (version) return version
    const reason = await quarantineOf(this.#deps.database, { artifactId, manifestDigest })
    throw reason === undefined ? new VersionExists(text) : new Quarantined(reason)
  }

  /** OCI clients would get what the tag points to. */
  async #isTagOfOther({ artifact }: Located, name: string, { manifestDigest }: NewVersion): Promise<boolean> {
    if (!isTagName(artifact.format, name)) return false
    const rows = await this.#deps.database
      .sql`select 1 from tags where artifact_id = ${artifact.id} and name = ${name} and manifest_digest <> ${manifestDigest}`
    return rows.length > 0
  }

  async #hasLatest({ artifact }: Located): Promise<boolean> {
    const rows = await this.#deps.database.sql`select 1 from tags where artifact_id = ${artifact.id} and name = 'latest'`
    return rows.length > 0
  }

  async #tag(located: Located, target: VersionTarget, { tags, keepsLatest }: NewVersion): Promise<void> {
    for (const tag of new Set(tags)) await this.#with.tags.attach(located, tag, target)
    await this.#placeLatest(located, target, { tags, keepsLatest: keepsLatest === true })
  }

  async #placeLatest(located: Located, target: VersionTarget, { tags, keepsLatest }: LatestRule): Promise<void> {
    const stays = tags.includes('latest') || (keepsLatest && (await this.#hasLatest(located)))
    if (keepsLatest && !stays) await this.#with.tags.place(located, 'latest', target)
    else if (!stays) await this.followLatest(located, target.versionId)
  }
}

interface LatestRule {
  readonly tags: readonly string[]
  readonly keepsLatest: boolean
}

/** A name that meanwhile became something else, for good, does not keep the rest from being found. */
export async function unlessTaken(place: () => Promise<void>): Promise<void> {
  try {
    await place()
  } catch (error) {
    if (![TagImmutable, TagInvalid, VersionExists].some((taken) => error instanceof taken)) throw error
  }
}

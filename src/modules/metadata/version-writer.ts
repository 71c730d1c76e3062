import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import { isTagName } from '../../shared/types/tag-name.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Audit } from '../auth/contract.ts'
import { type Located, type NewVersion, type Version, VersionPublished } from './contract.ts'
import { resolveDependencies } from './dependency-resolution.ts'
import type { Directory } from './directory.ts'
import { ManifestInvalid, MetadataTooLarge, TypeMismatch, VersionExists } from './errors.ts'
import { manifestFaults } from './manifest-check.ts'
import type { PublishLimits } from './publish-limits.ts'
import type { TagService } from './tag.service.ts'
import { factOf, subjectOf } from './version-fact.ts'
import { highestRelease, highestVersion, type VersionLookup, versionColumns } from './version-lookup.ts'
import { parseVersionName, type VersionName } from './version-name.ts'

export interface VersionWriterDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly audit: Audit
  readonly limits: PublishLimits
}

interface Collaborators {
  readonly directory: Directory
  readonly lookup: VersionLookup
  readonly tags: TagService
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

  add(located: Located, entry: NewVersion): Promise<Version> {
    const name = this.checkMetadata(located, entry)
    return this.#deps.transaction.run(async () => {
      await this.#holdType(located)
      const version = await this.#insert(located, name, entry)
      await this.#deps.limits.newVersion()
      await this.#deps.audit.record({
        action: 'version.published',
        subject: subjectOf(located, version.version),
        subjectId: version.id,
        namespace: located.namespace.name,
        after: { manifestDigest: version.manifestDigest, sizeBytes: version.sizeBytes, state: version.state },
      })
      this.#with.lookup.changed(located.artifact.id, version.version)
      if (version.state === 'published') await this.#announce(located, version, entry)
      return version
    })
  }

  /**
   * `latest` follows the highest release; images have no such rule, there it is a tag like any other. With `only`, one that a person moved
   * is left alone unless that version is above all others. The caller holds the artifact's row.
   */
  async followLatest(located: Located, only?: Version): Promise<void> {
    if (located.artifact.format === 'oci') return
    const highest = await highestRelease(this.#deps.database, located.artifact.id)
    if (!highest || (only && highest.id !== only.id)) return
    await this.#with.tags.place(located, 'latest', { versionId: highest.id, ...highest })
  }

  /** `latest` goes to the highest release; where there is none, `any` version of an npm package will do. The caller holds the artifact's row. */
  async leaveLatest(located: Located, next: 'release' | 'any'): Promise<void> {
    const { artifact } = located
    if (artifact.format !== 'npm' || next === 'release') return this.followLatest(located)
    const { database } = this.#deps
    const best = (await highestRelease(database, artifact.id)) ?? (await highestVersion(database, artifact.id))
    if (best) await this.#with.tags.place(located, 'latest', { versionId: best.id, ...best })
  }

  /** Also the lock under which all that follows happens; a type that was changed since the caller looked is refused. */
  async #holdType({ artifact }: Located): Promise<void> {
    const rows = await this.#deps.database
      .sql`update artifacts set updated_at = now(), rev = rev + 1, has_manifests = true, type_settled = true
        where id = ${artifact.id} and type = ${artifact.type} returning id`
    if (rows.length === 0) throw new TypeMismatch(artifact.type)
    this.#with.directory.artifactChanged(artifact)
  }

  async #insert(located: Located, { text, sortKey, prerelease }: VersionName, entry: NewVersion): Promise<Version> {
    const { database } = this.#deps
    if (await this.#isTagOfOther(located, text, entry)) throw new VersionExists(text)
    const metadata = await resolveDependencies(database, located, entry.metadata)
    const [version] = await database.sql<Version>`insert into versions as v
      (id, artifact_id, version, sort_key, prerelease, state, manifest_digest, size_bytes, metadata, published_by)
      values (${uuidv7()}, ${located.artifact.id}, ${text}, ${sortKey}, ${prerelease}, ${entry.state ?? 'published'}, ${entry.manifestDigest},
        ${entry.sizeBytes}, ${JSON.stringify(metadata)}::jsonb, ${located.caller?.userId ?? null})
      on conflict (artifact_id, version) do nothing returning ${versionColumns}`
    if (!version) throw new VersionExists(text)
    return version
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

  async #announce(located: Located, version: Version, { tags, keepsLatest }: NewVersion): Promise<void> {
    const target = { versionId: version.id, version: version.version, manifestDigest: version.manifestDigest }
    for (const tag of new Set(tags)) await this.#with.tags.attach(located, tag, target)
    const stays = tags.includes('latest') || (keepsLatest && (await this.#hasLatest(located)))
    if (keepsLatest && !stays) await this.#with.tags.attach(located, 'latest', target)
    else if (!stays) await this.followLatest(located, version)
    await this.#deps.events.emit(VersionPublished, factOf(located, version))
  }
}

import { sql } from 'kysely'
import type { LocalCache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database } from '../../shared/kernel/database.ts'
import type { Version } from './contract.ts'
import type { ManifestRef } from './publications.contract.ts'
import { referenceOf, versionOf } from './reference-names.ts'
import type { Reference } from './references.contract.ts'

export interface VersionLookupDeps {
  readonly database: Database
  readonly caches: LocalCaches
}

/** Columns of `VersionSummary`, from `versions v`. */
export const summaryColumns = sql`v.id, v.artifact_id as "artifactId", v.version, v.state, v.manifest_digest as "manifestDigest",
  v.size_bytes as "sizeBytes", case when v.state = 'deprecated' then v.deprecated_reason else v.state_reason end as "stateReason",
  v.published_by as "publishedBy", v.published_at as "publishedAt"`

/** Columns of `Version`, from `versions v`. */
export const versionColumns = sql`${summaryColumns}, v.metadata`

const referenceColumns = sql`v.id, v.version, v.state,
  case when v.state = 'deprecated' then v.deprecated_reason else v.state_reason end as "stateReason"`

type Nullable<T> = { readonly [K in keyof T]: T[K] | null }

interface Hit {
  readonly byTag: boolean
  /** Absent when its metadata is too large to be kept in memory. */
  readonly version?: Version
}
interface LoadedHit extends Hit {
  readonly version: Version
}

interface NamedManifest {
  readonly byTag: boolean
  readonly manifestDigest: string
  readonly version: Reference['version']
}

export interface ManifestStanding {
  /** Why nobody gets it. */
  readonly quarantine: string | null
  /** Who says so. */
  readonly causes: readonly string[]
  /** And readers never had it by another name. */
  readonly held: boolean
  /** Ids of its versions in quarantine that were never published. */
  readonly unseen: readonly string[]
}

const maxCachedMetadataBytes = 65_536

/** Versions by exact name or tag, without any question of rights or state. */
export class VersionLookup {
  readonly #database: Database
  readonly #cache: LocalCache<Hit>
  readonly #references: LocalCache<NamedManifest>
  readonly #hidden: LocalCache<{ readonly any: boolean; readonly quarantined: boolean }>
  readonly #manifests: LocalCache<ManifestStanding>

  constructor({ database, caches }: VersionLookupDeps, ttlMs: number) {
    this.#database = database
    this.#cache = caches.create({ name: 'metadata.versions', maxEntries: 2_000, ttlMs })
    this.#references = caches.create({ name: 'metadata.references', maxEntries: 50_000, ttlMs })
    this.#hidden = caches.create({ name: 'metadata.hidden-versions', maxEntries: 20_000, ttlMs })
    this.#manifests = caches.create({ name: 'metadata.manifests', maxEntries: 20_000, ttlMs })
  }

  async find(artifactId: string, name: string): Promise<LoadedHit | undefined> {
    if (!isLookedUp(name)) return undefined
    const hit = await this.#cache.get(keyOf(artifactId, name), async () => {
      const loaded = await this.#load(artifactId, name)
      return loaded && (loaded.metadataBytes <= maxCachedMetadataBytes ? loaded : { byTag: loaded.byTag })
    })
    if (!hit) return undefined
    return hit.version ? { byTag: hit.byTag, version: hit.version } : this.#load(artifactId, name)
  }

  /** What an OCI client means by the name: a tag before a version, whose `+` it spells `_`. */
  async reference(artifactId: string, name: string): Promise<NamedManifest | undefined> {
    return isLookedUp(name) ? this.#references.get(keyOf(artifactId, name), () => this.#loadReference(artifactId, name)) : undefined
  }

  /** Whether anything of the artifact is not for readers. */
  async hasHidden(artifactId: string): Promise<boolean> {
    return (await this.#hiddenOf(artifactId))?.any ?? false
  }

  /** What is known against a manifest; `undefined` for one that is as any other. */
  async manifest(artifactId: string, digest: string): Promise<ManifestStanding | undefined> {
    if (!(await this.#hiddenOf(artifactId))?.quarantined) return undefined
    return this.#manifests.get(keyOf(artifactId, digest), async () => {
      const [row] = await this.#database.sql<ManifestStanding>`select
        (select string_agg(reason, '; ' order by quarantined_at, cause) from quarantines
          where artifact_id = ${artifactId} and manifest_digest = ${digest}) as quarantine,
        array(select cause from quarantines where artifact_id = ${artifactId} and manifest_digest = ${digest}) as causes,
        exists (select 1 from held_publications where artifact_id = ${artifactId} and manifest_digest = ${digest})
          and not exists (select 1 from versions where artifact_id = ${artifactId} and manifest_digest = ${digest}
            and state = 'quarantined' and state_before <> 'pending')
          and not exists (select 1 from tags where artifact_id = ${artifactId} and manifest_digest = ${digest} and version_id is null) as held,
        array(select id from versions where artifact_id = ${artifactId} and manifest_digest = ${digest}
          and state = 'quarantined' and state_before = 'pending') as unseen`
      return row
    })
  }

  /** Forgets a version or tag after the surrounding transaction commits. */
  changed(artifactId: string, name: string): void {
    this.#cache.invalidate(keyOf(artifactId, name))
    this.#references.invalidate(keyOf(artifactId, referenceOf(name)))
    this.#hidden.invalidate(artifactId)
  }

  /** Forgets what is known of a manifest after the surrounding transaction commits. */
  manifestChanged(artifactId: string, digest: string): void {
    this.#hidden.invalidate(artifactId)
    this.#manifests.invalidate(keyOf(artifactId, digest))
  }

  #hiddenOf(artifactId: string) {
    return this.#hidden.get(artifactId, async () => {
      const [row] = await this.#database.sql<{ any: boolean; quarantined: boolean }>`
        select quarantined, quarantined or exists (select 1 from held_publications where artifact_id = ${artifactId}) or exists (
          select 1 from versions where artifact_id = ${artifactId} and state in ('deleted', 'quarantined', 'pending')) as any
        from (select exists (select 1 from quarantines where artifact_id = ${artifactId}) as quarantined) known`
      return row
    })
  }

  async #loadReference(artifactId: string, name: string): Promise<NamedManifest | undefined> {
    const [row] = await this.#database.sql<{ byTag: boolean; manifestDigest: string } & Nullable<NonNullable<Reference['version']>>>`
      select true as "byTag", t.manifest_digest as "manifestDigest", ${referenceColumns}
        from tags t left join versions v on v.id = t.version_id where t.artifact_id = ${artifactId} and t.name = ${name}
      union all
      select false as "byTag", v.manifest_digest as "manifestDigest", ${referenceColumns}
        from versions v where v.artifact_id = ${artifactId} and v.version in (${name}, ${versionOf(name)})
      order by "byTag" desc limit 1`
    if (!row) return undefined
    const { byTag, manifestDigest, id, version, state, stateReason } = row
    const named = id !== null && version !== null && state !== null ? { id, version, state, stateReason } : null
    return { byTag, manifestDigest, version: named }
  }

  /** An exact name wins over a tag, also when that version is gone. */
  async #load(artifactId: string, name: string): Promise<(LoadedHit & { readonly metadataBytes: number }) | undefined> {
    const [row] = await this.#database.sql<Version & { byTag: boolean; metadataBytes: number }>`
      select ${versionColumns}, false as "byTag", octet_length(v.metadata::text) as "metadataBytes"
        from versions v where v.artifact_id = ${artifactId} and v.version = ${name}
      union all
      select ${versionColumns}, true as "byTag", octet_length(v.metadata::text) as "metadataBytes"
        from tags t join versions v on v.id = t.version_id where t.artifact_id = ${artifactId} and t.name = ${name}
      order by "byTag" limit 1`
    if (!row) return undefined
    const { byTag, metadataBytes, ...version } = row
    return { byTag, metadataBytes, version }
  }
}

const keyOf = (artifactId: string, name: string): string => `${artifactId} ${name}`

/** No version or tag looks otherwise; a NUL would be an error in the database. */
const isLookedUp = (name: string): boolean => /^[\x21-\x7e]{1,256}$/.test(name)

/** Every reason why nobody gets a manifest; `undefined` when there is none. */
export async function quarantineOf(database: Database, { artifactId, manifestDigest }: ManifestRef): Promise<string | undefined> {
  const [row] = await database.sql<{ reason: string | null }>`select string_agg(reason, '; ' order by quarantined_at, cause) as reason
    from quarantines where artifact_id = ${artifactId} and manifest_digest = ${manifestDigest}`
  return row?.reason ?? undefined
}

/** The row itself, by exact name. */
export async function versionByName(database: Database, artifactId: string, name: string): Promise<Version | undefined> {
  if (!isLookedUp(name)) return undefined
  const [row] =
    await database.sql<Version>`select ${versionColumns} from versions v where v.artifact_id = ${artifactId} and v.version = ${name}`
  return row
}

interface Highest {
  readonly id: string
  readonly version: string
  readonly manifestDigest: string
}

/** Where `latest` belongs: pre-releases and what does not resolve do not count. */
export async function highestRelease(database: Database, artifactId: string): Promise<Highest | undefined> {
  const [row] = await database.sql<Highest>`select id, version, manifest_digest as "manifestDigest"
    from versions where artifact_id = ${artifactId} and not prerelease and state in ('published', 'deprecated') order by sort_key desc, version desc limit 1`
  return row
}

/** Where it goes when there is no release. */
export async function highestVersion(database: Database, artifactId: string): Promise<Highest | undefined> {
  const [row] = await database.sql<Highest>`select id, version, manifest_digest as "manifestDigest"
    from versions where artifact_id = ${artifactId} and state in ('published', 'deprecated') order by sort_key desc, version desc limit 1`
  return row
}

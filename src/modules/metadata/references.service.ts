import { sql } from 'kysely'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { anonymous, type Principal } from '../../shared/kernel/principal.ts'
import type { ArtifactType } from '../../shared/types/artifact-type.ts'
import { isAttachmentTag } from '../../shared/types/tag-name.ts'
import type { Authorizer } from '../auth/contract.ts'
import type { Artifact, ArtifactRef, Located } from './contract.ts'
import type { Directory } from './directory.ts'
import { Quarantined, TagImmutable, TagNotFound } from './errors.ts'
import type { HeldPublications } from './held-publications.ts'
import type { HeldRelease } from './held-release.ts'
import { keptLabels, storableText } from './labels.ts'
import type { NamePlacer } from './name-placer.ts'
import type { PublicationPolicies } from './publication-policies.ts'
import type { Publication } from './publications.contract.ts'
import { versionOf } from './reference-names.ts'
import type { Reference, References } from './references.contract.ts'
import { repositoriesQuery } from './repositories-query.ts'
import type { TagService } from './tag.service.ts'
import { isImmutableTag } from './tag-rules.ts'
import type { SweptTag, TagSweep } from './tag-sweep.ts'
import type { VersionService } from './version.service.ts'
import type { VersionLookup } from './version-lookup.ts'

export interface ReferenceServiceDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly authorizer: Authorizer
}

interface Collaborators {
  readonly directory: Directory
  readonly lookup: VersionLookup
  readonly tags: TagService
  readonly sweep: TagSweep
  readonly versions: VersionService
  readonly placer: NamePlacer
  readonly held: HeldPublications
  readonly release: HeldRelease
  readonly policies: PublicationPolicies
}

type AssignTarget = Parameters<References['assign']>[2]

interface Holding {
  readonly type: ArtifactType
  readonly hasManifests: boolean
  readonly typeSettled: boolean
  /** Why nobody gets the manifest. */
  readonly quarantine: string | null
}

interface QuarantinedName {
  readonly byTag: boolean
  readonly manifestDigest: string
  readonly version: NonNullable<Reference['version']>
  readonly toMend: boolean
}

/** Which of its names will be a version is settled when they are placed; this is what it looks like. */
function publicationOf(located: Located, names: readonly string[], manifestDigest: string): Publication {
  const version = names.find((name) => isImmutableTag(name, located.namespace.settings))
  return {
    ...{ located, manifestDigest, version: version === undefined ? null : versionOf(version) },
    tags: names.filter((name) => name !== version),
  }
}

/** Names of manifests for doors that know no versions. Every change takes the artifact's row lock first, as changes of tags do (D-6). */
export class ReferenceService implements References {
  readonly #deps: ReferenceServiceDeps
  readonly #with: Collaborators

  constructor(deps: ReferenceServiceDeps, collaborators: Collaborators) {
    this.#deps = deps
    this.#with = collaborators
  }

  async resolve(located: Located, name: string, { toMend } = { toMend: false }): Promise<Reference | undefined> {
    const found = await this.#with.lookup.reference(located.artifact.id, name)
    if (!found) return undefined
    const { byTag, manifestDigest, version } = found
    if (version?.state === 'deleted' || (version?.state === 'yanked' && byTag)) return undefined
    if (version?.state === 'quarantined' && !(await this.#isForMending(located, { ...found, version, toMend }))) return undefined
    if (version?.state === 'pending' && (byTag || !(await this.#mayPreview(located)))) return undefined
    return { name, manifestDigest, version }
  }

  /** Without what is yanked or quarantined: clients choose from this list. Each half walks an index from `last` on. */
  async list(located: Located, { last, limit }: { readonly last?: string; readonly limit: number }): Promise<readonly string[]> {
    const { id } = located.artifact
    const shown = (await this.#mayPreview(located)) ? sql`('published', 'deprecated', 'pending')` : sql`('published', 'deprecated')`
    const after = storableText(last ?? '')
    const rows = await this.#deps.database.sql<{ name: string }>`
      (select t.name from tags t left join versions v on v.id = t.version_id
        where t.artifact_id = ${id} and t.name > ${after} and (t.version_id is null or v.state in ('published', 'deprecated'))
          and not exists (select 1 from quarantines q where q.artifact_id = t.artifact_id and q.manifest_digest = t.manifest_digest)
        order by t.name limit ${limit})
      union
      (select replace(v.version, '+', '_') from versions v
        where v.artifact_id = ${id} and replace(v.version, '+', '_') > ${after} and v.state in ${shown}
        order by replace(v.version, '+', '_') limit ${limit})
      order by 1 limit ${limit}`
    return rows.map(({ name }) => name)
  }

  assign(located: Located, names: readonly string[], target: AssignTarget): Promise<readonly string[]> {
    return this.#deps.transaction.run(async () => {
      const held = await this.#hold(located, target)
      await this.#enlist(located, held, target)
      // The type may have been settled since the artifact was located.
      const current = { ...located, artifact: { ...located.artifact, type: held.type } }
      if (names.length === 0) return []
      if (held.quarantine !== null) throw new Quarantined(held.quarantine)
      // What a signature is about must not have to wait for the review of the signature; the name alone makes nothing one.
      const isAttached = (name: string) => target.accessory === true && isAttachmentTag(name)
      const { attached = [], named = [] } = Object.groupBy(new Set(names), (name) => (isAttached(name) ? 'attached' : 'named'))
      for (const name of attached) await this.#with.placer.place(current, name, target)
      return named.length === 0 ? [] : this.#publish(current, named, target)
    })
  }

  remove(located: Located, name: string): Promise<void> {
    return this.#deps.transaction.run(async () => {
      await this.#hold(located)
      const [tag] = await this.#deps.database
        .sql`select 1 from tags where artifact_id = ${located.artifact.id} and name = ${storableText(name)}`
      if (tag) return this.#with.tags.drop(located, name)
      const version = await this.#with.placer.versionAt(located, name)
      if (!version || version.state === 'deleted') throw new TagNotFound()
      await this.#unpublish(located, version.version)
    })
  }

  removeAllOf(located: Located, manifestDigest: string): Promise<void> {
    const { database, transaction } = this.#deps
    const { id } = located.artifact
    return transaction.run(async () => {
      const { quarantine } = await this.#hold(located, { manifestDigest })
      if (quarantine !== null) await this.#requireManager(located)
      const versions = await database.sql<{ version: string }>`select version from versions
        where artifact_id = ${id} and manifest_digest = ${manifestDigest} and state <> 'deleted' order by version`
      for (const { version } of versions) await this.#unpublish(located, version)
      const tags = await database.sql<SweptTag>`select t.name, v.version, t.manifest_digest as "manifestDigest"
        from tags t left join versions v on v.id = t.version_id
        where t.artifact_id = ${id} and t.manifest_digest = ${manifestDigest} order by t.name`
      if (tags.some(({ name }) => isImmutableTag(name, located.namespace.settings))) throw new TagImmutable()
      await this.#with.sweep.drop(located, tags)
      await this.#with.held.take({ artifactId: id, manifestDigest })
    })
  }

  async emptied({ artifact }: Located): Promise<void> {
    await this.#deps.database.sql`update artifacts set has_manifests = false where id = ${artifact.id} and has_manifests`
  }

  async repositories(
    principal: Principal,
    page: { readonly last?: Pick<ArtifactRef, 'namespace' | 'name'>; readonly limit: number },
  ): Promise<readonly Pick<Artifact, 'namespace' | 'name'>[]> {
    const sight = await this.#deps.authorizer.sight(principal)
    const { database, transaction } = this.#deps
    return transaction.run(async () => {
      // For namespaces of an average size the planner would read all names and sort them, and one may have half of all repositories.
      await database.sql`select set_config('enable_bitmapscan', 'off', true)`
      return database.sql<Pick<Artifact, 'namespace' | 'name'>>`${repositoriesQuery(sight, page)}`
    })
  }

  async describe({ artifact }: Located, about: Parameters<References['describe']>[1]): Promise<void> {
    const description = about.description === undefined ? artifact.description : storableText(about.description).slice(0, 10_000)
    const rows = await this.#deps.database.sql`update artifacts set description = ${description}, labels = new.labels, updated_at = now()
      from (select ${JSON.stringify(keptLabels(about.labels))}::jsonb as labels) as new
      where id = ${artifact.id} and (description is distinct from ${description} or artifacts.labels <> new.labels) returning id`
    if (rows.length > 0) this.#with.directory.artifactChanged(artifact)
  }

  /** Places the names, or makes them wait and says why. */
  async #publish(located: Located, names: readonly string[], target: AssignTarget): Promise<readonly string[]> {
    const { placer, policies, held, release } = this.#with
    const { manifestDigest, sizeBytes } = target
    const holds = policies.any && !target.copied ? await policies.review(publicationOf(located, names, manifestDigest)) : []
    if (holds.length === 0) {
      for (const name of names) await placer.place(located, name, { manifestDigest, sizeBytes })
      if (policies.any) await release.complete(located, manifestDigest)
      return []
    }
    const { versions, tags } = await placer.withhold(located, names, { manifestDigest, sizeBytes, holds })
    if (versions.length + tags.length === 0) return []
    const wanted = tags.map((name) => ({ name, versionId: null }))
    await held.hold(located, { manifestDigest, sizeBytes, keepsLatest: false, versions, tags: wanted }, holds)
    return holds.map(({ reason }) => reason)
  }

  async #hold({ artifact }: Located, { manifestDigest }: Partial<AssignTarget> = {}): Promise<Holding> {
    const [row] = await this.#deps.database.sql<Holding>`select type, has_manifests as "hasManifests", type_settled as "typeSettled",
        (select string_agg(reason, '; ' order by quarantined_at, cause) from quarantines
          where artifact_id = ${artifact.id} and manifest_digest = ${manifestDigest ?? null}) as quarantine
      from artifacts where id = ${artifact.id} for no key update`
    if (!row) throw new TagNotFound()
    return row
  }

  async #enlist({ artifact }: Located, held: Holding, { settlesType = false }: AssignTarget): Promise<void> {
    if (held.hasManifests && (held.typeSettled || !settlesType)) return
    await this.#deps.database
      .sql`update artifacts set has_manifests = true, type_settled = type_settled or ${settlesType}, updated_at = now()
      where id = ${artifact.id}`
  }

  /** What was found bad is no publisher's to make away with. */
  #requireManager({ caller = anonymous, resource }: Located): Promise<void> {
    return this.#deps.authorizer.require(caller, 'manage', resource, () => new TagNotFound())
  }

  #unpublish({ caller = anonymous, namespace, artifact }: Located, version: string): Promise<void> {
    const ref = { namespace: namespace.name, name: artifact.name, format: artifact.format }
    return this.#with.versions.unpublish(caller, ref, version)
  }

  /** False for who is told of nothing, because it was held back before it came into quarantine; throws for whoever else does not get it. */
  async #isForMending(located: Located, { byTag, manifestDigest, version, toMend }: QuarantinedName): Promise<boolean> {
    const { lookup, policies, versions } = this.#with
    if (await versions.isUnseen(located, { id: version.id, manifestDigest })) return false
    const standing = await lookup.manifest(located.artifact.id, manifestDigest)
    if (toMend && !byTag && (await policies.mayMend(located, standing?.causes ?? []))) return true
    throw new Quarantined(version.stateReason)
  }

  #mayPreview({ caller, resource }: Located): Promise<boolean> {
    return caller ? this.#deps.authorizer.allows(caller, 'preview', resource) : Promise.resolve(false)
  }
}

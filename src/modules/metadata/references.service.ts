import { sql } from 'kysely'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { anonymous, type Principal } from '../../shared/kernel/principal.ts'
import type { ArtifactType } from '../../shared/types/artifact-type.ts'
import type { Authorizer } from '../auth/contract.ts'
import type { Artifact, ArtifactRef, Located } from './contract.ts'
import type { Directory } from './directory.ts'
import { Quarantined, TagImmutable, TagNotFound } from './errors.ts'
import { keptLabels, storableText } from './labels.ts'
import { versionOf } from './reference-names.ts'
import type { Reference, References } from './references.contract.ts'
import { repositoriesQuery } from './repositories-query.ts'
import type { TagService } from './tag.service.ts'
import { checkTagName, isImmutableTag } from './tag-rules.ts'
import type { SweptTag, TagSweep } from './tag-sweep.ts'
import type { VersionService } from './version.service.ts'
import { type VersionLookup, versionByName } from './version-lookup.ts'
import type { VersionWriter } from './version-writer.ts'

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
  readonly writer: VersionWriter
}

type AssignTarget = Parameters<References['assign']>[2]

interface Holding {
  readonly type: ArtifactType
  readonly hasManifests: boolean
  readonly typeSettled: boolean
}

/** Names of manifests for doors that know no versions. Every change takes the artifact's row lock first, as changes of tags do (D-6). */
export class ReferenceService implements References {
  readonly #deps: ReferenceServiceDeps
  readonly #with: Collaborators

  constructor(deps: ReferenceServiceDeps, collaborators: Collaborators) {
    this.#deps = deps
    this.#with = collaborators
  }

  async resolve(located: Located, name: string): Promise<Reference | undefined> {
    const found = await this.#with.lookup.reference(located.artifact.id, name)
    if (!found) return undefined
    const { byTag, manifestDigest, version } = found
    if (version?.state === 'deleted' || (version?.state === 'yanked' && byTag)) return undefined
    if (version?.state === 'quarantined') throw new Quarantined(version.stateReason)
    if (version?.state === 'pending' && (byTag || !(await this.#mayWrite(located)))) return undefined
    return { name, manifestDigest, version }
  }

  /** Without what is yanked or quarantined: clients choose from this list. Each half walks an index from `last` on. */
  async list(located: Located, { last, limit }: { readonly last?: string; readonly limit: number }): Promise<readonly string[]> {
    const { id } = located.artifact
    const shown = (await this.#mayWrite(located)) ? sql`('published', 'deprecated', 'pending')` : sql`('published', 'deprecated')`
    const after = storableText(last ?? '')
    const rows = await this.#deps.database.sql<{ name: string }>`
      (select t.name from tags t left join versions v on v.id = t.version_id
        where t.artifact_id = ${id} and t.name > ${after} and (t.version_id is null or v.state in ('published', 'deprecated'))
        order by t.name limit ${limit})
      union
      (select replace(v.version, '+', '_') from versions v
        where v.artifact_id = ${id} and replace(v.version, '+', '_') > ${after} and v.state in ${shown}
        order by replace(v.version, '+', '_') limit ${limit})
      order by 1 limit ${limit}`
    return rows.map(({ name }) => name)
  }

  assign(located: Located, names: readonly string[], target: AssignTarget): Promise<void> {
    return this.#deps.transaction.run(async () => {
      const held = await this.#hold(located)
      await this.#enlist(located, held, target)
      // The type may have been settled since the artifact was located.
      const current = { ...located, artifact: { ...located.artifact, type: held.type } }
      for (const name of new Set(names)) await this.#assignOne(current, name, target)
    })
  }

  remove(located: Located, name: string): Promise<void> {
    return this.#deps.transaction.run(async () => {
      await this.#hold(located)
      const [tag] = await this.#deps.database
        .sql`select 1 from tags where artifact_id = ${located.artifact.id} and name = ${storableText(name)}`
      if (tag) return this.#with.tags.drop(located, name)
      const version = await this.#versionAt(located, name)
      if (!version || version.state === 'deleted') throw new TagNotFound()
      await this.#unpublish(located, version.version)
    })
  }

  removeAllOf(located: Located, manifestDigest: string): Promise<void> {
    const { database, transaction } = this.#deps
    const { id } = located.artifact
    return transaction.run(async () => {
      await this.#hold(located)
      const versions = await database.sql<{ version: string }>`select version from versions
        where artifact_id = ${id} and manifest_digest = ${manifestDigest} and state <> 'deleted' order by version`
      for (const { version } of versions) await this.#unpublish(located, version)
      const tags = await database.sql<SweptTag>`select t.name, v.version, t.manifest_digest as "manifestDigest"
        from tags t left join versions v on v.id = t.version_id
        where t.artifact_id = ${id} and t.manifest_digest = ${manifestDigest} order by t.name`
      if (tags.some(({ name }) => isImmutableTag(name, located.namespace.settings))) throw new TagImmutable()
      await this.#with.sweep.drop(located, tags)
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

  /** A name that is or was a version never names anything else, whatever the namespace says today (D-7). */
  async #assignOne(located: Located, name: string, { manifestDigest, sizeBytes }: AssignTarget): Promise<void> {
    checkTagName(name, located.artifact)
    const version = await this.#versionAt(located, name)
    if (version) {
      if (version.manifestDigest !== manifestDigest || version.state === 'deleted') throw new TagImmutable()
      return
    }
    if (!isImmutableTag(name, located.namespace.settings) || (await this.#isTag(located, name)))
      return this.#with.tags.point(located, name, manifestDigest)
    await this.#with.writer.add(located, {
      ...{ version: versionOf(name), manifestDigest, sizeBytes, metadata: {}, bare: true, tags: [] },
    })
  }

  async #versionAt({ artifact }: Located, name: string) {
    const { database } = this.#deps
    const semver = versionOf(name)
    const found = await versionByName(database, artifact.id, name)
    return found ?? (semver === name ? undefined : versionByName(database, artifact.id, semver))
  }

  async #isTag({ artifact }: Located, name: string): Promise<boolean> {
    const rows = await this.#deps.database.sql`select 1 from tags where artifact_id = ${artifact.id} and name = ${storableText(name)}`
    return rows.length > 0
  }

  async #hold({ artifact }: Located): Promise<Holding> {
    const [row] = await this.#deps.database.sql<Holding>`select type, has_manifests as "hasManifests", type_settled as "typeSettled"
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

  #unpublish({ caller = anonymous, namespace, artifact }: Located, version: string): Promise<void> {
    const ref = { namespace: namespace.name, name: artifact.name, format: artifact.format }
    return this.#with.versions.unpublish(caller, ref, version)
  }

  #mayWrite({ caller, resource }: Located): Promise<boolean> {
    return caller ? this.#deps.authorizer.allows(caller, 'publish', resource) : Promise.resolve(false)
  }
}

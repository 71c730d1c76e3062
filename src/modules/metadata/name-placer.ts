import type { Database } from '../../shared/kernel/database.ts'
import type { Located, Version } from './contract.ts'
import { TagImmutable } from './errors.ts'
import { type Hold, reasonOf } from './publication-policies.ts'
import { versionOf } from './reference-names.ts'
import type { TagService } from './tag.service.ts'
import { checkTagName, isImmutableTag } from './tag-rules.ts'
import { versionByName } from './version-lookup.ts'
import type { VersionWriter } from './version-writer.ts'

interface Collaborators {
  readonly tags: TagService
  readonly writer: VersionWriter
}

export interface NamedContent {
  readonly manifestDigest: string
  readonly sizeBytes: number
}

/** Of the names of a push, those that do not point to it yet. */
export interface WaitingNames {
  /** That are pending versions now. */
  readonly versions: readonly string[]
  readonly tags: readonly string[]
}

/** Names that doors without versions push: a tag, or a version where the namespace's `immutableTags` binds it. The caller holds the artifact's row. */
export class NamePlacer {
  readonly #database: Database
  readonly #with: Collaborators

  constructor(database: Database, collaborators: Collaborators) {
    this.#database = database
    this.#with = collaborators
  }

  /** A name that is or was a version never names anything else, whatever the namespace says today (D-7). `asked`: of one that waited. */
  async place(located: Located, name: string, content: NamedContent & { readonly asked?: number }): Promise<void> {
    checkTagName(name, located.artifact)
    if (await this.#isVersion(located, name, content)) return
    if (await this.#becomesVersion(located, name)) await this.#with.writer.addReviewed(located, entryOf(name, content))
    else await this.#with.tags.point(located, name, content)
  }

  /** What of the names has to wait, after the same checks; versions are there then, pending. */
  async withhold(
    located: Located,
    names: readonly string[],
    { holds, ...content }: NamedContent & { readonly holds: readonly Hold[] },
  ): Promise<WaitingNames> {
    const versions: string[] = []
    const tags: string[] = []
    for (const name of names) {
      checkTagName(name, located.artifact)
      const version = await this.#isVersion(located, name, content)
      if (version) {
        if (version.state === 'pending') versions.push(version.version)
      } else if (await this.#becomesVersion(located, name)) {
        versions.push((await this.#with.writer.addReviewed(located, entryOf(name, content), reasonOf(holds))).version)
      } else if (await this.#isToMove(located, name, content)) tags.push(name)
    }
    return { versions, tags }
  }

  async versionAt({ artifact }: Located, name: string): Promise<Version | undefined> {
    const semver = versionOf(name)
    const found = await versionByName(this.#database, artifact.id, name)
    return found ?? (semver === name ? undefined : versionByName(this.#database, artifact.id, semver))
  }

  async #isVersion(located: Located, name: string, { manifestDigest }: NamedContent): Promise<Version | undefined> {
    const version = await this.versionAt(located, name)
    if (version && (version.manifestDigest !== manifestDigest || version.state === 'deleted')) throw new TagImmutable()
    return version
  }

  async #becomesVersion({ artifact, namespace }: Located, name: string): Promise<boolean> {
    return isImmutableTag(name, namespace.settings) && !(await this.#with.tags.current(artifact.id, name))
  }

  async #isToMove(located: Located, name: string, { manifestDigest }: NamedContent): Promise<boolean> {
    const { artifact, namespace } = located
    const current = await this.#with.tags.current(artifact.id, name)
    if (current?.manifestDigest === manifestDigest) {
      // Nothing moves, but who asked for it before comes too late.
      await this.#with.tags.point(located, name, { manifestDigest })
      return false
    }
    if (current && isImmutableTag(name, namespace.settings)) throw new TagImmutable()
    return true
  }
}

const entryOf = (name: string, { manifestDigest, sizeBytes }: NamedContent) => ({
  ...{ version: versionOf(name), manifestDigest, sizeBytes, metadata: {}, bare: true as const, tags: [] },
})

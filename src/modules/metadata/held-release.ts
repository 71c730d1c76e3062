import type { Database } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import type { Located, VersionSummary } from './contract.ts'
import type { HeldPublications } from './held-publications.ts'
import type { NamePlacer } from './name-placer.ts'
import { PublicationReleased } from './publications.contract.ts'
import type { Revisions } from './revisions.ts'
import { manifestFactOf } from './version-fact.ts'
import { summaryColumns } from './version-lookup.ts'
import { unlessTaken, type VersionWriter } from './version-writer.ts'

export interface HeldReleaseDeps {
  readonly database: Database
  readonly events: Events
  readonly revisions: Revisions
}

interface Collaborators {
  readonly held: HeldPublications
  readonly placer: NamePlacer
  readonly writer: VersionWriter
}

/** The end of waiting. The caller holds the artifact's row. */
export class HeldRelease {
  readonly #deps: HeldReleaseDeps
  readonly #with: Collaborators

  constructor(deps: HeldReleaseDeps, collaborators: Collaborators) {
    this.#deps = deps
    this.#with = collaborators
  }

  /** What waits gets its names, by the rules of a publish and in the name of who asked. Nothing when it does not wait. */
  async complete(located: Located, manifestDigest: string): Promise<void> {
    const { held, placer, writer } = this.#with
    const artifactId = located.artifact.id
    const taken = await held.take({ artifactId, manifestDigest })
    if (!taken) return
    await this.#deps.revisions.raise(located.artifact)
    const versions = await this.#deps.database.sql<VersionSummary>`select ${summaryColumns} from versions v
      where v.artifact_id = ${artifactId} and v.manifest_digest = ${manifestDigest} and v.state = 'pending' order by v.version`
    for (const version of versions) {
      const names = taken.names.filter(({ versionId }) => versionId === version.id)
      await writer.publish(by(located, version.publishedBy), version, { names, keepsLatest: taken.keepsLatest })
    }
    const plain = taken.names.filter(({ versionId }) => versionId === null)
    for (const { name, asked, askedBy } of plain)
      await unlessTaken(() => placer.place(by(located, askedBy), name, { manifestDigest, sizeBytes: taken.sizeBytes, asked }))
    await this.#deps.events.emit(PublicationReleased, {
      ...manifestFactOf(located, manifestDigest),
      version: versions[0]?.version ?? null,
      tags: taken.names.map(({ name }) => name),
    })
  }
}

/** Whoever releases it only had something against it. */
function by({ caller: _, ...located }: Located, userId: string | null): Located {
  const author: Principal | undefined = userId === null ? undefined : { userId, isAdmin: false, scopes: new Set() }
  return { ...located, ...(author && { caller: author }) }
}

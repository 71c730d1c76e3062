import type { Database } from '../../shared/kernel/database.ts'
import type { Artifact, Located, Version, VersionSummary } from './contract.ts'
import type { Directory } from './directory.ts'
import { artifactById, locatedById } from './located-rows.ts'
import type { Records } from './records.contract.ts'
import { summaryColumns, versionColumns } from './version-lookup.ts'
import { parseVersionName } from './version-name.ts'

export interface RecordServiceDeps {
  readonly database: Database
  readonly directory: Directory
}

const maxPage = 1_000
const lastId = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

export class RecordService implements Records {
  readonly #deps: RecordServiceDeps

  constructor(deps: RecordServiceDeps) {
    this.#deps = deps
  }

  artifact(artifactId: string): Promise<Artifact | undefined> {
    return artifactById(this.#deps, artifactId)
  }

  located(artifactId: string): Promise<Located | undefined> {
    return locatedById(this.#deps, artifactId)
  }

  async version(versionId: string): Promise<Version | undefined> {
    const [row] = await this.#deps.database.sql<Version>`select ${versionColumns} from versions v where v.id = ${versionId}`
    return row
  }

  async versions(artifactId: string, { after, limit }: Parameters<Records['versions']>[1]): Promise<readonly VersionSummary[]> {
    const place = after === undefined ? undefined : await this.#placeOf(artifactId, after)
    const { sortKey = null, id = null } = place ?? {}
    return this.#deps.database.sql<VersionSummary>`select ${summaryColumns} from versions v
      where v.artifact_id = ${artifactId} and v.state <> 'deleted'
        and (${sortKey}::text is null or (v.sort_key, v.id) > (${sortKey}::text collate "C", ${id}::uuid))
      order by v.sort_key, v.id limit ${Math.min(limit, maxPage)}`
  }

  async namesOf(artifactId: string, manifestDigest: string): ReturnType<Records['namesOf']> {
    const [row] = await this.#deps.database.sql<{ versions: string[]; tags: string[] }>`select
      array(select version from versions where artifact_id = ${artifactId}::uuid and manifest_digest = ${manifestDigest} and state <> 'deleted'
        order by sort_key, id) as versions,
      array(select name from tags where artifact_id = ${artifactId}::uuid and manifest_digest = ${manifestDigest} order by name) as tags`
    return row ?? { versions: [], tags: [] }
  }

  /** Also of a version that is gone since the last page. */
  async #placeOf(artifactId: string, version: string): Promise<{ readonly sortKey: string; readonly id: string }> {
    const [row] = await this.#deps.database.sql<{ sortKey: string; id: string }>`
      select sort_key as "sortKey", id from versions where artifact_id = ${artifactId} and version = ${version}`
    if (row) return row
    const format = (await this.artifact(artifactId))?.format ?? 'oci'
    return { sortKey: parseVersionName(format, version).sortKey, id: lastId }
  }
}

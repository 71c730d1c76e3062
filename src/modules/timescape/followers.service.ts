import type { Database } from '../../shared/kernel/database.ts'
import type { Records } from '../metadata/records.contract.ts'
import type { DependantsService } from './dependants/dependants.service.ts'
import type { DependencyUpkeep } from './dependants/dependency-upkeep.ts'
import type { VersionNotesService } from './notes/version-notes.service.ts'
import type { Followers } from './services.ts'
import type { TransformerShelf } from './transform/transformer-shelf.ts'

interface Parts {
  readonly database: Database
  readonly records: Records
  readonly shelf: TransformerShelf
  readonly dependants: DependantsService
  readonly dependencies: DependencyUpkeep
  readonly notes: VersionNotesService
}

export const createFollowers = ({ database, records, shelf, dependants, dependencies, notes }: Parts): Followers => ({
  registerTransformer: (versionId) => shelf.register(versionId),
  indexDependencies: (artifactId) => dependants.index(artifactId),
  reindexDependencies: (signal) => dependencies.run(signal),
  async deprecationChanged(versionId) {
    await notes.forget(versionId)
    const version = await records.version(versionId)
    if (!version) return
    const { artifactId, version: name, stateReason: reason } = version
    const about = { cause: 'deprecation', about: versionId } as const
    if (version.state === 'deprecated')
      await dependants.announce({ artifactId, ...about, versions: [name], version: name, reason: reason ?? 'deprecated' })
    else await dependants.forget(artifactId, about)
  },
  brokenBy: async ({ artifactId, from, to, changes }) =>
    dependants.announce({
      ...{ artifactId, cause: 'breaking-change', about: await edgeName(database, { artifactId, from, to }) },
      ...{ versions: [from, to], version: to },
      reason: `${to} breaks users of ${from} in ${changes} ${changes === 1 ? 'place' : 'places'}`,
    }),
})

/** A tag that moves again breaks again, between other manifests of the same names. */
async function edgeName(
  database: Database,
  { artifactId, from, to }: { readonly artifactId: string; readonly from: string; readonly to: string },
) {
  const [edge] = await database.sql<{ fromId: string; toId: string }>`select e.from_id as "fromId", e.to_id as "toId" from timescape_edges e
      join timescape_nodes f on f.id = e.from_id join timescape_nodes t on t.id = e.to_id
    where t.artifact_id = ${artifactId} and t.version = ${to} and f.version = ${from} and e.announced order by t.seq desc limit 1`
  return edge ? `${edge.fromId} ${edge.toId}` : `${from} ${to}`
}

/** Of versions of one artifact. */
export async function followAll(followers: Followers, artifactId: string, versionIds: readonly string[]): Promise<void> {
  for (const versionId of versionIds) await followers.registerTransformer(versionId)
  if (versionIds.length > 0) await followers.indexDependencies(artifactId)
}

import type { LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Blobs, Manifests } from '../artifacts/contract.ts'
import type { Audit, Authorizer } from '../auth/contract.ts'
import type { Catalog, Versions } from '../metadata/contract.ts'
import type { Publications } from '../metadata/publications.contract.ts'
import type { Records } from '../metadata/records.contract.ts'
import type { References } from '../metadata/references.contract.ts'
import { createDeclaredDependencies } from './dependants/declared-dependencies.ts'
import { DependantsService } from './dependants/dependants.service.ts'
import { DependencyUpkeep } from './dependants/dependency-upkeep.ts'
import { createFollowers, followAll } from './followers.service.ts'
import { EdgeWriter } from './graph/edge-writer.ts'
import { GraphService } from './graph/graph.service.ts'
import { GraphReadingService } from './graph/reading.service.ts'
import { Recorder } from './graph/recorder.service.ts'
import { VersionNotesService } from './notes/version-notes.service.ts'
import { PolicyService } from './policy/policies.service.ts'
import { createPublicationPolicy } from './policy/publication-policy.ts'
import { ResolutionService } from './resolve/resolution.service.ts'
import { SemanticDiffService } from './semantic/semantic-diff.service.ts'
import { signatures } from './signatures/signatures.service.ts'
import { TransformerShelf } from './transform/transformer-shelf.ts'
import { TransformsService } from './transform/transforms.service.ts'
import type { PolicyName } from './views.ts'

export interface TimescapeDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly caches: LocalCaches
  readonly authorizer: Authorizer
  readonly audit: Audit
  readonly blobs: Blobs
  readonly manifests: Manifests
  readonly catalog: Catalog
  readonly versions: Versions
  readonly records: Records
  readonly references: References
  readonly publications: Publications
}

/** Every service of the module, wired. */
export function compose(deps: TimescapeDeps, settings: { readonly policy: PolicyName }) {
  const semantic = new SemanticDiffService(deps)
  const edges = new EdgeWriter(deps)
  const shelf = new TransformerShelf(deps)
  const notes = new VersionNotesService(deps)
  const dependants = new DependantsService(deps)
  const policies = new PolicyService(deps, settings.policy)
  const followers = createFollowers({ ...deps, shelf, dependants, dependencies: new DependencyUpkeep(deps), notes })
  deps.publications.addPolicy(createPublicationPolicy(policies, deps.database))
  return {
    graphs: new GraphService(
      { ...deps, semantic, follow: (artifactId, versionIds) => followAll(followers, artifactId, versionIds) },
      new Recorder(deps, edges),
      edges,
    ),
    followers,
    reading: new GraphReadingService({ ...deps, shelf }),
    transforms: new TransformsService({ ...deps, shelf }),
    resolution: new ResolutionService(deps),
    ...{ policies, notes, dependants, signatures, declared: createDeclaredDependencies(deps.database) },
  }
}

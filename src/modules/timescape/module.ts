import { Type } from '@sinclair/typebox'
import { LocalCaches } from '../../shared/kernel/cache.ts'
import { Database, Transaction } from '../../shared/kernel/database.ts'
import { Events } from '../../shared/kernel/events.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { Blobs, Manifests } from '../artifacts/contract.ts'
import { Audit, Authorizer } from '../auth/contract.ts'
import { Catalog, Versions } from '../metadata/contract.ts'
import { Publications } from '../metadata/publications.contract.ts'
import { Records } from '../metadata/records.contract.ts'
import { References } from '../metadata/references.contract.ts'
import { compose } from './compose.ts'
import { Dependants } from './dependants/dependants.service.ts'
import { DeclaredDependencies } from './dependencies.contract.ts'
import { effects } from './effects.ts'
import { BreakingChangeDetected, DependantsAffected, VersionRecorded } from './events.contract.ts'
import { handlers } from './handlers.ts'
import { Resolution } from './resolve/resolution.service.ts'
import { Followers, Graphs } from './services.ts'
import { Signatures } from './signatures.contract.ts'
import { Transforms } from './transform-views.ts'
import { GraphReading, Policies, PolicyName, VersionNotes } from './views.ts'

export default defineModule({
  name: 'timescape',
  description: 'Graphs of versions, what changed between them, and what turns one into another.',
  config: Type.Object({
    policy: {
      ...PolicyName,
      default: 'warn',
      description:
        'For namespaces and artifacts that say nothing: what happens to a version whose types break more than its number declares.',
    },
  }),
  deps: {
    ...{ database: Database, transaction: Transaction, events: Events, caches: LocalCaches, authorizer: Authorizer, audit: Audit },
    ...{ catalog: Catalog, versions: Versions, records: Records, references: References, publications: Publications },
    ...{ blobs: Blobs, manifests: Manifests },
  },
  provides: {
    ...{ graphs: Graphs, followers: Followers, reading: GraphReading, transforms: Transforms, resolution: Resolution },
    ...{ policies: Policies, notes: VersionNotes, dependants: Dependants, declared: DeclaredDependencies, signatures: Signatures },
  },
  setup: (deps, settings) => compose(deps, settings),
  handlers,
  effects,
  events: [VersionRecorded, BreakingChangeDetected, DependantsAffected],
  migrations: new URL('./migrations/', import.meta.url),
  capabilities: ['database', 'effects'],
})

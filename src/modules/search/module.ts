import { Database, Transaction } from '../../shared/kernel/database.ts'
import { Effects } from '../../shared/kernel/effects.ts'
import { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import { Log } from '../../shared/kernel/logger.ts'
import { Metrics } from '../../shared/kernel/metrics.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { Outbound } from '../../shared/kernel/outbound.ts'
import { Collection } from '../analytics/contract.ts'
import { Authorizer } from '../auth/contract.ts'
import { HealthBadges } from '../insights/contract.ts'
import { Catalog } from '../metadata/contract.ts'
import { Scores } from '../scanning/scores.contract.ts'
import { Signatures } from '../timescape/signatures.contract.ts'
import { composeMeaning } from './compose-meaning.ts'
import { Search } from './contract.ts'
import { DocumentIndex } from './document-index.ts'
import { catchUp } from './effects/catch-up.ts'
import { catchUpMeaning } from './effects/catch-up-meaning.ts'
import { indexChanged } from './effects/index-changed.ts'
import { indexScanned } from './effects/index-scanned.ts'
import { learnMeaning } from './effects/learn-meaning.ts'
import { rebuildDocuments } from './effects/rebuild-documents.ts'
import { findArtifacts } from './handlers/find-artifacts.ts'
import { findRelated } from './handlers/find-related.ts'
import { rebuildIndex } from './handlers/rebuild-index.ts'
import { showRebuild } from './handlers/show-rebuild.ts'
import { suggestArtifacts } from './handlers/suggest-artifacts.ts'
import { createIndexUpkeep, IndexUpkeep } from './index-upkeep.ts'
import { OutsideIndex, openOutsideIndex } from './outside-index.ts'
import { PostgresDriver } from './postgres/postgres-driver.ts'
import { RebuildsService } from './rebuilds.service.ts'
import { Rebuilds } from './rebuilds.ts'
import { Related } from './related/related.ts'
import { SearchService } from './search.service.ts'
import { createSearchTimer } from './search-timer.ts'
import { MeaningUpkeep } from './semantic/meaning-upkeep.ts'
import { SearchSettings } from './settings.ts'

export default defineModule({
  name: 'search',
  description: 'Finds artifacts by name and words, among those the caller may see.',
  config: SearchSettings,
  // The catalog's tables are what documents are made of, so they come first.
  deps: {
    ...{ database: Database, transaction: Transaction, authorizer: Authorizer, catalog: Catalog },
    ...{ info: KernelInfo, metrics: Metrics, log: Log, effects: Effects, outbound: Outbound },
  },
  optionalDeps: { collection: Collection, signatures: Signatures, scores: Scores, badges: HealthBadges },
  provides: { search: Search, upkeep: IndexUpkeep, rebuilds: Rebuilds, outside: OutsideIndex, meaning: MeaningUpkeep, related: Related },
  async setup({ info, metrics, collection, scores, badges, ...deps }, settings) {
    const { database, transaction, authorizer, log } = deps
    const { followers, sources, ...services } = composeMeaning(deps, settings)
    const postgres = new PostgresDriver(database, transaction)
    const isFollowed = settings.elasticsearchUrl !== ''
    const documents = new DocumentIndex({ database, transaction, store: postgres, followers, scores, isFollowed })
    const outside = await openOutsideIndex({ settings, database, postgres, reader: documents, info, metrics, log })
    const search = new SearchService({
      ...{ database, authorizer, documents, collection, sources, health: badges },
      ...{ driver: outside.answers ?? postgres, time: createSearchTimer(metrics) },
    })
    const rebuilds = new RebuildsService({ database, transaction, effects: deps.effects, documents, other: outside.feed, log })
    return { search, upkeep: createIndexUpkeep(documents), rebuilds, outside, ...services }
  },
  health: ({ outside }) => outside.health(),
  handlers: [findArtifacts, suggestArtifacts, findRelated, rebuildIndex, showRebuild],
  effects: [indexChanged, indexScanned, catchUp, learnMeaning, rebuildDocuments, catchUpMeaning],
  migrations: new URL('./migrations/', import.meta.url),
  capabilities: ['database', 'effects', 'network'],
})

import { Type } from '@sinclair/typebox'
import { Database, Transaction } from '../../shared/kernel/database.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { Authorizer } from '../auth/contract.ts'
import { Catalog } from '../metadata/contract.ts'
import { Search } from './contract.ts'
import { DocumentIndex } from './document-index.ts'
import { catchUp } from './effects/catch-up.ts'
import { indexDeleted } from './effects/index-deleted.ts'
import { indexDeprecated } from './effects/index-deprecated.ts'
import { indexLifted } from './effects/index-lifted.ts'
import { indexPublished } from './effects/index-published.ts'
import { indexQuarantined } from './effects/index-quarantined.ts'
import { indexRetagged } from './effects/index-retagged.ts'
import { indexScanned } from './effects/index-scanned.ts'
import { indexYanked } from './effects/index-yanked.ts'
import { findArtifacts } from './handlers/find-artifacts.ts'
import { rebuildIndex } from './handlers/rebuild-index.ts'
import { suggestArtifacts } from './handlers/suggest-artifacts.ts'
import { createIndexUpkeep, IndexUpkeep } from './index-upkeep.ts'
import { PostgresDriver } from './postgres/postgres-driver.ts'
import { SearchService } from './search.service.ts'

export default defineModule({
  name: 'search',
  description: 'Finds artifacts by name and words, among those the caller may see.',
  config: Type.Object({}),
  // The catalog's tables are what documents are made of, so they come first.
  deps: { database: Database, transaction: Transaction, authorizer: Authorizer, catalog: Catalog },
  provides: { search: Search, upkeep: IndexUpkeep },
  setup({ database, transaction, authorizer }) {
    const postgres = new PostgresDriver(database, transaction)
    const documents = new DocumentIndex({ database, transaction, store: postgres, followers: [] })
    const search = new SearchService({ database, authorizer, driver: postgres, sources: [], documents })
    return { search, upkeep: createIndexUpkeep(documents) }
  },
  handlers: [findArtifacts, suggestArtifacts, rebuildIndex],
  effects: [
    indexPublished,
    indexDeleted,
    indexYanked,
    indexDeprecated,
    indexRetagged,
    indexQuarantined,
    indexLifted,
    indexScanned,
    catchUp,
  ],
  migrations: new URL('./migrations/', import.meta.url),
  capabilities: ['database', 'effects'],
})

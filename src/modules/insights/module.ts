import { Type } from '@sinclair/typebox'
import { Database, Transaction } from '../../shared/kernel/database.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { Badges, Usage } from '../analytics/contract.ts'
import { Authorizer } from '../auth/contract.ts'
import { Catalog } from '../metadata/contract.ts'
import { Scans } from '../scanning/scans.contract.ts'
import { Scores } from '../scanning/scores.contract.ts'
import { DeclaredDependencies } from '../timescape/dependencies.contract.ts'
import { HealthBadges } from './contract.ts'
import { DependencyGraphs } from './dependencies/dependency-graph.service.ts'
import { DependencyIndex } from './dependencies/dependency-index.service.ts'
import { effects } from './effects.ts'
import { handlers } from './handlers.ts'
import { Health } from './health/health.service.ts'
import { HealthIndex } from './health/health-index.service.ts'
import { Outdated } from './health/outdated.service.ts'
import { Recommendations } from './recommendations/recommendations.service.ts'
import { openInsights } from './services.ts'
import { Upkeep } from './upkeep.service.ts'

export default defineModule({
  name: 'insights',
  description: 'Who depends on what and what would break, how artifacts stand, and what goes with what.',
  config: Type.Object({}),
  // Graphs, health and pairs are made of the tables of the catalog and of Timescape, so these come first.
  deps: {
    ...{ database: Database, transaction: Transaction, authorizer: Authorizer, catalog: Catalog },
    ...{ scans: Scans, scores: Scores, declared: DeclaredDependencies },
    ...{ usage: Usage, badgeKinds: Badges },
  },
  provides: {
    ...{ badges: HealthBadges, graphs: DependencyGraphs, index: DependencyIndex, health: Health, healthIndex: HealthIndex },
    ...{ outdated: Outdated, recommendations: Recommendations, upkeep: Upkeep },
  },
  setup: (deps) => openInsights(deps),
  handlers,
  effects,
  migrations: new URL('./migrations/', import.meta.url),
  capabilities: ['database', 'effects'],
})

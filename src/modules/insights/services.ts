import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Badges, Usage } from '../analytics/contract.ts'
import type { Authorizer } from '../auth/contract.ts'
import type { Catalog } from '../metadata/contract.ts'
import type { Scans } from '../scanning/scans.contract.ts'
import type { Scores } from '../scanning/scores.contract.ts'
import type { DeclaredDependencies } from '../timescape/dependencies.contract.ts'
import { DependencyGraphService } from './dependencies/dependency-graph.service.ts'
import { DependencyIndexService } from './dependencies/dependency-index.service.ts'
import { addHealthBadges } from './health/badge-kinds.ts'
import { createHealthBadges, HealthService } from './health/health.service.ts'
import { HealthIndexService } from './health/health-index.service.ts'
import { OutdatedService } from './health/outdated.service.ts'
import { RecommendationService } from './recommendations/recommendations.service.ts'
import { UpkeepService } from './upkeep.service.ts'

export interface InsightsDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly authorizer: Authorizer
  readonly catalog: Catalog
  readonly scans: Scans
  readonly scores: Scores
  readonly declared: DeclaredDependencies
  readonly usage: Usage
  readonly badgeKinds: Badges
}

/** Every service of the module, wired. */
export function openInsights(deps: InsightsDeps) {
  const badges = createHealthBadges(deps.database)
  const index = new DependencyIndexService(deps)
  const healthIndex = new HealthIndexService(deps)
  addHealthBadges(deps.badgeKinds, badges)
  return {
    ...{ badges, index, healthIndex },
    graphs: new DependencyGraphService({ ...deps, badges }),
    health: new HealthService({ ...deps, index: healthIndex }),
    outdated: new OutdatedService(deps),
    recommendations: new RecommendationService(deps),
    upkeep: new UpkeepService({ ...deps, index, health: healthIndex }),
  }
}

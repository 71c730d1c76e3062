import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { HttpAnswers } from '../../shared/kernel/http-answers.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import type { Metrics } from '../../shared/kernel/metrics.ts'
import type { Authorizer } from '../auth/contract.ts'
import type { Catalog } from '../metadata/contract.ts'
import type { DownloadCounts } from '../metadata/downloads.contract.ts'
import { BadgeDeskService } from './badges/badge-desk.service.ts'
import { BadgeKinds } from './badges/badge-kinds.ts'
import { addOwnBadges } from './badges/own-badges.ts'
import { Collector } from './collection/collector.service.ts'
import { RollUpService } from './collection/roll-up.service.ts'
import { ArtifactNumbersService } from './numbers/artifact-numbers.service.ts'
import { RegistryNumbersService } from './numbers/registry-numbers.service.ts'
import { UsageService } from './numbers/usage.service.ts'
import type { AnalyticsSettings } from './settings.ts'

export interface AnalyticsDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly answers: HttpAnswers
  readonly metrics: Metrics
  readonly log: Logger
  readonly authorizer: Authorizer
  readonly catalog: Catalog
  readonly downloadCounts: DownloadCounts
}

/** Wires the services of the module. */
export function openAnalytics(deps: AnalyticsDeps, settings: AnalyticsSettings) {
  const usage = new UsageService(deps.database)
  const badges = new BadgeKinds()
  addOwnBadges(badges, { ...deps, usage })
  return {
    ...{ usage, badges, badgeDesk: new BadgeDeskService(deps.catalog, badges) },
    collection: new Collector(deps),
    rollUp: new RollUpService({ ...deps, settings }),
    artifactNumbers: new ArtifactNumbersService({ ...deps, settings }),
    registryNumbers: new RegistryNumbersService({ ...deps, settings }),
  }
}

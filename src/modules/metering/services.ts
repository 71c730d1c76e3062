import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import type { Metrics } from '../../shared/kernel/metrics.ts'
import { requestContext } from '../../shared/kernel/request-context.ts'
import type { Catalog } from '../metadata/contract.ts'
import type { DownloadCounts } from '../metadata/downloads.contract.ts'
import { DownloadMeter } from './download-meter.ts'
import { IntakeService } from './intake.service.ts'
import { MeteringService } from './metering.service.ts'
import type { MeteringSettings } from './settings.ts'
import { TotalsService } from './totals.service.ts'

export interface MeteringDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly log: Logger
  readonly metrics: Metrics
  readonly catalog: Catalog
  readonly downloads: DownloadCounts
}

/** Every service of the module, wired. */
export function openMetering(deps: MeteringDeps, { keepRecordsDays, downloadsBy }: MeteringSettings) {
  const meter = new DownloadMeter({ ...deps, flushMs: deps.downloads.flushMs })
  deps.downloads.on(({ id }) => meter.count(id, downloadsBy === 'account' ? (requestContext()?.actor ?? null) : null))
  const metering = new MeteringService(deps.database, { transaction: deps.transaction, keepDays: keepRecordsDays, meter })
  // The meter is not for other modules: what can be disposed of is, when the registry stops.
  return { metering, upkeep: metering, intake: new IntakeService(deps), totals: new TotalsService(deps), meter }
}

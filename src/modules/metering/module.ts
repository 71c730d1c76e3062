import { Database, Transaction } from '../../shared/kernel/database.ts'
import { Log } from '../../shared/kernel/logger.ts'
import { Metrics } from '../../shared/kernel/metrics.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { Catalog } from '../metadata/contract.ts'
import { DownloadCounts } from '../metadata/downloads.contract.ts'
import { Metering } from './contract.ts'
import { dropOldRecords } from './effects/drop-old-records.ts'
import { findArtifactUsage } from './handlers/find-artifact-usage.ts'
import { findUsage } from './handlers/find-usage.ts'
import { sendUsage } from './handlers/send-usage.ts'
import { Intake } from './intake.service.ts'
import { RecordUpkeep } from './metering.service.ts'
import { openMetering } from './services.ts'
import { MeteringSettings } from './settings.ts'
import { Totals } from './totals.service.ts'

export default defineModule({
  name: 'metering',
  description: 'What is consumed of artifacts (downloads, inference time, execution time), recorded once and added up for billing.',
  config: MeteringSettings,
  deps: { database: Database, transaction: Transaction, log: Log, metrics: Metrics, catalog: Catalog, downloads: DownloadCounts },
  provides: { metering: Metering, intake: Intake, totals: Totals, upkeep: RecordUpkeep },
  setup: openMetering,
  handlers: [sendUsage, findUsage, findArtifactUsage],
  effects: [dropOldRecords],
  migrations: new URL('./migrations/', import.meta.url),
  capabilities: ['database', 'effects'],
})

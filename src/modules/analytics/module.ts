import { Database, Transaction } from '../../shared/kernel/database.ts'
import { HttpAnswers } from '../../shared/kernel/http-answers.ts'
import { Log } from '../../shared/kernel/logger.ts'
import { Metrics } from '../../shared/kernel/metrics.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { Authorizer } from '../auth/contract.ts'
import { Catalog } from '../metadata/contract.ts'
import { DownloadCounts } from '../metadata/downloads.contract.ts'
import { BadgeDesk } from './badges/badge-desk.service.ts'
import { RollUp } from './collection/roll-up.service.ts'
import { Badges, Collection, Usage } from './contract.ts'
import { forgetOld } from './effects/forget-old.ts'
import { rollUpCounted } from './effects/roll-up-counted.ts'
import { handlers } from './handlers.ts'
import { ArtifactNumbers } from './numbers/artifact-numbers.service.ts'
import { RegistryNumbers } from './numbers/registry-numbers.service.ts'
import { openAnalytics } from './services.ts'
import { AnalyticsSettings } from './settings.ts'

export default defineModule({
  name: 'analytics',
  description: 'Counts what is downloaded, installed, published and searched for, and shows it in numbers and badges.',
  config: AnalyticsSettings,
  deps: {
    ...{ database: Database, transaction: Transaction, answers: HttpAnswers, metrics: Metrics, log: Log },
    ...{ authorizer: Authorizer, catalog: Catalog, downloadCounts: DownloadCounts },
  },
  provides: {
    ...{ badges: Badges, collection: Collection, usage: Usage },
    ...{ rollUp: RollUp, artifactNumbers: ArtifactNumbers, registryNumbers: RegistryNumbers, badgeDesk: BadgeDesk },
  },
  setup: openAnalytics,
  handlers,
  effects: [rollUpCounted, forgetOld],
  migrations: new URL('./migrations/', import.meta.url),
  capabilities: ['database', 'effects'],
})

import { LocalCaches } from '../../shared/kernel/cache.ts'
import { Database, Transaction } from '../../shared/kernel/database.ts'
import { Events } from '../../shared/kernel/events.ts'
import { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import { Log } from '../../shared/kernel/logger.ts'
import { Metrics } from '../../shared/kernel/metrics.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { Blobs, Manifests } from '../artifacts/contract.ts'
import { ManifestWarnings } from '../artifacts/manifest-warnings.contract.ts'
import { Accounts, Audit, Authorizer } from '../auth/contract.ts'
import { Catalog } from '../metadata/contract.ts'
import { Publications } from '../metadata/publications.contract.ts'
import { Records } from '../metadata/records.contract.ts'
import { Advisories } from './contract.ts'
import { effects } from './effects.ts'
import { AdvisoriesChanged, MaliciousContentFound, ScanCompleted, ScanRequested, VulnerabilityDetected } from './events.contract.ts'
import { handlers } from './handlers.ts'
import { ScanWork } from './scan-work.ts'
import { Scans } from './scans.contract.ts'
import { Scores } from './scores.contract.ts'
import { openScanning } from './services.ts'
import { ScanningSettings } from './settings.ts'

export default defineModule({
  name: 'scanning',
  description: 'Packages, vulnerabilities and malicious content in what is published, by imported advisories and static rules.',
  config: ScanningSettings,
  deps: {
    ...{ database: Database, transaction: Transaction, events: Events, caches: LocalCaches, info: KernelInfo, log: Log, metrics: Metrics },
    ...{ audit: Audit, authorizer: Authorizer, accounts: Accounts },
    ...{
      catalog: Catalog,
      records: Records,
      publications: Publications,
      manifests: Manifests,
      blobs: Blobs,
      manifestWarnings: ManifestWarnings,
    },
  },
  provides: { advisories: Advisories, scans: Scans, scores: Scores, work: ScanWork },
  setup: (deps, settings) => openScanning(deps, settings),
  handlers,
  effects,
  events: [ScanCompleted, VulnerabilityDetected, MaliciousContentFound, AdvisoriesChanged, ScanRequested],
  migrations: new URL('./migrations/', import.meta.url),
  capabilities: ['database', 'cache', 'effects', 'file-system', 'child-process'],
})

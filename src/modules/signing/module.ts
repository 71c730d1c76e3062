import { LocalCaches } from '../../shared/kernel/cache.ts'
import { Database, Transaction } from '../../shared/kernel/database.ts'
import { Effects } from '../../shared/kernel/effects.ts'
import { Events } from '../../shared/kernel/events.ts'
import { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import { Log } from '../../shared/kernel/logger.ts'
import { Metrics } from '../../shared/kernel/metrics.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { Blobs, Manifests, Repositories } from '../artifacts/contract.ts'
import { Audit } from '../auth/contract.ts'
import { Catalog } from '../metadata/contract.ts'
import { Publications } from '../metadata/publications.contract.ts'
import { Records } from '../metadata/records.contract.ts'
import { References } from '../metadata/references.contract.ts'
import { BundleVerifier, PackageAttestations, RegistryKeys } from './contract.ts'
import { signatureEffects } from './effects.ts'
import { PublisherKeyRevoked, SignatureRejected, SignatureVerified, SigningTrustChanged } from './events.contract.ts'
import { signatureHandlers } from './handlers.ts'
import { logEffects } from './log/effects.ts'
import { logHandlers } from './log/handlers.ts'
import { LogIntake } from './log/log-intake.service.ts'
import { LogKeys } from './log/log-keys.service.ts'
import { LogProofs } from './log/log-proofs.service.ts'
import { Sequencer } from './log/log-sequencer.ts'
import { TransparencyLog } from './log/transparency-log.service.ts'
import { PublisherKeys, SigningPolicies } from './publisher.contract.ts'
import { Reassessment } from './reassessment.service.ts'
import { openSigning } from './services.ts'
import { SigningSettings } from './settings.ts'
import { SignatureCollection } from './signature-collector.service.ts'
import { Signatures } from './signatures.contract.ts'

export default defineModule({
  name: 'signing',
  description: 'Keys of the registry and of publishers, and checks of what was signed with them.',
  config: SigningSettings,
  deps: {
    ...{ database: Database, transaction: Transaction, caches: LocalCaches, events: Events, info: KernelInfo },
    ...{
      effects: Effects,
      log: Log,
      metrics: Metrics,
      audit: Audit,
      catalog: Catalog,
      references: References,
      publications: Publications,
      records: Records,
    },
    ...{ blobs: Blobs, manifests: Manifests, repositories: Repositories },
  },
  provides: {
    ...{ registryKeys: RegistryKeys, bundleVerifier: BundleVerifier, packageAttestations: PackageAttestations },
    ...{ publisherKeys: PublisherKeys, policies: SigningPolicies, signatures: Signatures },
    ...{ collection: SignatureCollection, reassessment: Reassessment },
    ...{ transparencyLog: TransparencyLog, logIntake: LogIntake, logSequencer: Sequencer, logKeys: LogKeys, logProofs: LogProofs },
  },
  setup: (deps, settings) => openSigning(deps, settings),
  handlers: [...signatureHandlers, ...logHandlers],
  effects: [...signatureEffects, ...logEffects],
  events: [SignatureVerified, SignatureRejected, PublisherKeyRevoked, SigningTrustChanged],
  migrations: new URL('./migrations/', import.meta.url),
  capabilities: ['database', 'cache', 'effects', 'file-system'],
})

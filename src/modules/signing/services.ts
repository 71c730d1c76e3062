import type { LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import type { Metrics } from '../../shared/kernel/metrics.ts'
import type { Blobs, Manifests, Repositories } from '../artifacts/contract.ts'
import type { Audit } from '../auth/contract.ts'
import type { Catalog } from '../metadata/contract.ts'
import type { Publications } from '../metadata/publications.contract.ts'
import type { Records } from '../metadata/records.contract.ts'
import type { References } from '../metadata/references.contract.ts'
import type { BundleVerifier } from './contract.ts'
import { EvidenceReader } from './evidence-reader.ts'
import { openLog } from './log/open-log.ts'
import { noVerifier } from './no-verifier.ts'
import { PackageAttestationsService } from './package-attestations.service.ts'
import { ProvenanceService } from './provenance.service.ts'
import { PublisherKeysService } from './publisher-keys.service.ts'
import { ReassessmentService } from './reassessment.service.ts'
import { RegistryKeysService } from './registry-keys.service.ts'
import type { SigningSettings } from './settings.ts'
import { SignatureCollector } from './signature-collector.service.ts'
import { SignatureLedger } from './signature-ledger.service.ts'
import { SignaturesService } from './signatures.service.ts'
import { SigningPoliciesService } from './signing-policies.service.ts'
import { SigningRequirement } from './signing-requirement.ts'
import { SignatureCheck } from './verification/signature-check.ts'

export interface SigningDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly caches: LocalCaches
  readonly info: KernelInfo
  readonly log: Logger
  readonly metrics: Metrics
  readonly references: References
  readonly events: Events
  readonly audit: Audit
  readonly catalog: Catalog
  readonly publications: Publications
  readonly records: Records
  readonly blobs: Blobs
  readonly manifests: Manifests
  readonly repositories: Repositories
}

/** Wires the services of the module. */
export async function openSigning(deps: SigningDeps, settings: SigningSettings) {
  const registryKeys = new RegistryKeysService({ ...deps, given: settings.registryKey })
  await registryKeys.open()
  const policies = new SigningPoliciesService({ ...deps, require: settings.require })
  const ledger = new SignatureLedger({ ...deps, policies, check: new SignatureCheck(settings) })
  const reader = new EvidenceReader(deps)
  const log = await openLog({ ...deps, registryKeys, reader }, settings)
  deps.publications.addPolicy(new SigningRequirement(ledger, policies))
  return {
    ...log,
    registryKeys,
    bundleVerifier: await verifierOf(settings),
    packageAttestations: new PackageAttestationsService(deps.database, new ProvenanceService({ ...deps, ledger })),
    publisherKeys: new PublisherKeysService({ ...deps, policies }),
    policies,
    signatures: new SignaturesService({ ...deps, ledger, policies }),
    collection: new SignatureCollector({ ...deps, reader, ledger }),
    reassessment: new ReassessmentService({ ...deps, reader, ledger }),
  }
}

/** Parsers of certificates and logs are loaded only where something is trusted. */
async function verifierOf(settings: SigningSettings): Promise<BundleVerifier> {
  if (settings.trustedRoot === '' && settings.trustedKeys.length === 0) return noVerifier
  const { BundleVerifierService } = await import('./bundle-verifier.service.ts')
  return BundleVerifierService.open(settings)
}

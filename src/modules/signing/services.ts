import type { LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import type { BundleVerifier } from './contract.ts'
import { noVerifier } from './no-verifier.ts'
import { PackageAttestationsService } from './package-attestations.service.ts'
import { RegistryKeysService } from './registry-keys.service.ts'
import type { SigningSettings } from './settings.ts'

export interface SigningDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly caches: LocalCaches
  readonly info: KernelInfo
  readonly log: Logger
}

/** Wires the services of the module. */
export async function openSigning(deps: SigningDeps, settings: SigningSettings) {
  const registryKeys = new RegistryKeysService({ ...deps, given: settings.registryKey })
  await registryKeys.open()
  return { registryKeys, bundleVerifier: await verifierOf(settings), packageAttestations: new PackageAttestationsService(deps.database) }
}

/** Parsers of certificates and logs are loaded only where something is trusted. */
async function verifierOf(settings: SigningSettings): Promise<BundleVerifier> {
  if (settings.trustedRoot === '' && settings.trustedKeys.length === 0) return noVerifier
  const { BundleVerifierService } = await import('./bundle-verifier.service.ts')
  return BundleVerifierService.open(settings)
}

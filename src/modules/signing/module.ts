import { LocalCaches } from '../../shared/kernel/cache.ts'
import { Database, Transaction } from '../../shared/kernel/database.ts'
import { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import { Log } from '../../shared/kernel/logger.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { BundleVerifier, PackageAttestations, RegistryKeys } from './contract.ts'
import { openSigning } from './services.ts'
import { SigningSettings } from './settings.ts'

export default defineModule({
  name: 'signing',
  description: 'Keys of the registry, and checks of what others have signed.',
  config: SigningSettings,
  deps: { database: Database, transaction: Transaction, caches: LocalCaches, info: KernelInfo, log: Log },
  provides: { registryKeys: RegistryKeys, bundleVerifier: BundleVerifier, packageAttestations: PackageAttestations },
  setup: (deps, settings) => openSigning(deps, settings),
  migrations: new URL('./migrations/', import.meta.url),
  capabilities: ['database', 'cache', 'file-system'],
})

import { Database, Transaction } from '../../shared/kernel/database.ts'
import { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import { Log } from '../../shared/kernel/logger.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { Blobs, Manifests } from '../artifacts/contract.ts'
import { HeldBlobs } from '../artifacts/held-blobs.contract.ts'
import { Audit } from '../auth/contract.ts'
import { Completions } from '../metadata/completions.contract.ts'
import { Catalog } from '../metadata/contract.ts'
import { RegistryKeys } from '../signing/contract.ts'
import { Packuments, StagedPublishes, Tarballs } from './contract.ts'
import { completeNeeds } from './effects/complete-needs.ts'
import { expireStaged } from './effects/expire-staged.ts'
import { NeedsUpkeep, NeedsUpkeepService } from './needs/needs-upkeep.ts'
import { openPackuments } from './open-packuments.ts'
import { PackumentSettings } from './settings.ts'
import { StagedVersions } from './staging/staged-publishes.service.ts'
import { openTarballs } from './tarball/tarballs.ts'

export default defineModule({
  name: 'packuments',
  description: 'Package documents of npm, put together ahead of who asks for them.',
  config: PackumentSettings,
  deps: {
    ...{ database: Database, transaction: Transaction, info: KernelInfo, log: Log },
    ...{ catalog: Catalog, blobs: Blobs, heldBlobs: HeldBlobs, manifests: Manifests, audit: Audit },
    completions: Completions,
  },
  optionalDeps: { keys: RegistryKeys },
  provides: { packuments: Packuments, tarballs: Tarballs, staged: StagedPublishes, needs: NeedsUpkeep },
  async setup(deps, settings) {
    const tarballs = openTarballs(settings)
    return {
      packuments: await openPackuments({ ...deps, tarballs }, settings),
      ...{ tarballs, staged: new StagedVersions(deps, settings), needs: new NeedsUpkeepService(deps) },
    }
  },
  effects: [completeNeeds, expireStaged],
  migrations: new URL('./migrations/', import.meta.url),
  capabilities: ['database', 'effects', 'file-system'],
})

import { LocalCaches } from '../../shared/kernel/cache.ts'
import { Database, Transaction } from '../../shared/kernel/database.ts'
import { Events } from '../../shared/kernel/events.ts'
import { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import { Log } from '../../shared/kernel/logger.ts'
import { Metrics } from '../../shared/kernel/metrics.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { Audit, Authorizer } from '../auth/contract.ts'
import { Catalog } from '../metadata/contract.ts'
import { Publications } from '../metadata/publications.contract.ts'
import { References } from '../metadata/references.contract.ts'
import {
  ArtifactUploaded,
  BlobDrivers,
  Blobs,
  Collection,
  ManifestPushed,
  Manifests,
  Publishing,
  Repositories,
  Uploads,
} from './contract.ts'
import { Descriptions } from './description.service.ts'
import { Downloads } from './downloads.service.ts'
import { driverHealth } from './driver-health.ts'
import { ActiveDriver } from './driver-registry.ts'
import { describeArtifact } from './effects/describe-artifact.ts'
import { describeReleased } from './effects/describe-released.ts'
import { unlinkDeleted } from './effects/unlink-deleted.ts'
import { unlinkExpired } from './effects/unlink-expired.ts'
import { Fsck } from './fsck.contract.ts'
import { handlers } from './handlers.ts'
import { HeldBlobs } from './held-blobs.contract.ts'
import { Heartbeat } from './live-keys.ts'
import { Maintenance } from './maintenance.service.ts'
import { ManifestWarnings } from './manifest-warnings.contract.ts'
import { QuarantineDesk } from './quarantine-desk.service.ts'
import { openArtifacts } from './services.ts'
import { ArtifactsSettings } from './settings.ts'

export default defineModule({
  name: 'artifacts',
  description: 'Bytes by digest, manifests, uploads and publishing.',
  config: ArtifactsSettings,
  deps: {
    ...{ database: Database, transaction: Transaction, events: Events, caches: LocalCaches, info: KernelInfo, log: Log, metrics: Metrics },
    ...{ audit: Audit, authorizer: Authorizer, catalog: Catalog, references: References, publications: Publications },
  },
  provides: {
    ...{
      drivers: BlobDrivers,
      driver: ActiveDriver,
      blobs: Blobs,
      heldBlobs: HeldBlobs,
      manifests: Manifests,
      uploads: Uploads,
      publishing: Publishing,
    },
    ...{ live: Heartbeat, collection: Collection, fsck: Fsck, maintenance: Maintenance, downloads: Downloads },
    ...{ repositories: Repositories, descriptions: Descriptions, warnings: ManifestWarnings, desk: QuarantineDesk },
  },
  setup: (deps, settings) => openArtifacts(deps, settings),
  handlers,
  effects: [unlinkDeleted, unlinkExpired, describeArtifact, describeReleased],
  events: [ArtifactUploaded, ManifestPushed],
  migrations: new URL('./migrations/', import.meta.url),
  capabilities: ['database', 'cache', 'effects', 'file-system'],
  health: ({ driver }) => driverHealth(driver),
})

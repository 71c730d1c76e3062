import { join } from 'node:path'
import type { LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import type { Metrics } from '../../shared/kernel/metrics.ts'
import { Slots } from '../../shared/kernel/slots.ts'
import type { Audit, Authorizer } from '../auth/contract.ts'
import type { Catalog } from '../metadata/contract.ts'
import type { Publications } from '../metadata/publications.contract.ts'
import type { References } from '../metadata/references.contract.ts'
import { BlobStore } from './blob-store.service.ts'
import { ScheduledCollection } from './collection.service.ts'
import { Collector } from './collector.service.ts'
import { DescriptionService } from './description.service.ts'
import { DownloadService } from './downloads.service.ts'
import { DriverRegistry } from './driver-registry.ts'
import { openFileSystemDriver } from './drivers/file-system.ts'
import { openS3Driver } from './drivers/s3.ts'
import { TooManyUploads } from './errors.ts'
import { FileSystemCheck } from './fsck/fsck.service.ts'
import { BlobHolds } from './held-blobs.service.ts'
import { LiveKeys } from './live-keys.ts'
import { MaintenanceService } from './maintenance.service.ts'
import { WarningSources } from './manifest-warnings.service.ts'
import { ManifestStore } from './manifests.service.ts'
import { Publisher } from './publishing.service.ts'
import { QuarantineDeskService } from './quarantine-desk.service.ts'
import { Quotas } from './quota.service.ts'
import { RepositoryService } from './repositories.service.ts'
import type { ArtifactsSettings } from './settings.ts'
import { createCollectionMeter, measureStorage } from './storage-metrics.ts'
import { UploadSessions } from './upload-sessions.service.ts'

export interface ArtifactsDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly caches: LocalCaches
  readonly info: KernelInfo
  readonly log: Logger
  readonly metrics: Metrics
  readonly audit: Audit
  readonly authorizer: Authorizer
  readonly catalog: Catalog
  readonly references: References
  readonly publications: Publications
}

/** Every service of the module, wired. */
export function openArtifacts(deps: ArtifactsDeps, settings: ArtifactsSettings) {
  const { database, transaction, info, metrics } = deps
  const drivers = new DriverRegistry()
  drivers.add('file-system', () => openFileSystemDriver(join(info.dataDir, 'blobs'), settings))
  drivers.add('s3', () => openS3Driver(settings))
  const driver = drivers.named(settings.driver || (settings.s3Bucket === '' ? 'file-system' : 's3'))
  const graceSeconds = settings.gcGraceSeconds
  const live = new LiveKeys(driver, graceSeconds)
  const slots = new Slots({ atOnce: settings.maxConcurrentUploads }, () => new TooManyUploads())
  const quotas = new Quotas(database, transaction)
  const blobs = new BlobStore({ ...deps, driver, quotas, slots, live, graceSeconds, maxBytes: settings.maxUploadSize })
  const manifests = new ManifestStore({ ...deps, maxBytes: settings.maxManifestSize })
  const uploads = new UploadSessions({ ...deps, driver, blobs, quotas, slots, settings })
  const collector = new Collector({ database, transaction, driver, live, sessions: uploads, graceSeconds })
  const intervalSeconds = info.role === 'api' ? undefined : settings.gcIntervalSeconds
  const collection = new ScheduledCollection({ ...deps, collector, intervalSeconds, meter: createCollectionMeter(metrics) })
  measureStorage(metrics, { database, dataDir: info.dataDir })
  const orphanSeconds = graceSeconds + 2 * settings.gcIntervalSeconds
  const fsck = new FileSystemCheck({ database, driver, live, orphanSeconds }, deps)
  const warnings = new WarningSources(deps.log)
  const downloads = new DownloadService({ ...deps, blobs, manifests })
  return {
    ...{ drivers, driver, blobs, manifests, uploads, collection, fsck, live, downloads },
    heldBlobs: new BlobHolds({ database, driver }),
    repositories: new RepositoryService({ ...deps, blobs, manifests, quotas, downloads, warnings }),
    warnings,
    desk: new QuarantineDeskService({ ...deps, manifests }),
    descriptions: new DescriptionService({ ...deps, blobs, manifests }),
    publishing: new Publisher({ ...deps, blobs, manifests, quotas }),
    maintenance: new MaintenanceService({ collection, fsck }),
  }
}

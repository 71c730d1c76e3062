import type { Cache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Accounts, Audit, Authorizer, Grants, Members } from '../auth/contract.ts'
import { ArtifactService } from './artifact.service.ts'
import { ArtifactCatalog } from './artifact-catalog.ts'
import { Directory } from './directory.ts'
import { DownloadCounter } from './download-counter.ts'
import { Locator } from './locator.ts'
import type { MetadataSettings } from './metadata-settings.ts'
import { NamespaceService } from './namespace.service.ts'
import { PublishGate } from './publish-gate.ts'
import { PublishLimits } from './publish-limits.ts'
import { ReferenceService } from './references.service.ts'
import { RetentionService } from './retention.service.ts'
import { StarService } from './star.service.ts'
import { TagService } from './tag.service.ts'
import { TagSweep } from './tag-sweep.ts'
import { VersionService } from './version.service.ts'
import { VersionLookup } from './version-lookup.ts'
import { VersionWriter } from './version-writer.ts'

export interface MetadataDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly cache: Cache
  readonly caches: LocalCaches
  readonly accounts: Accounts
  readonly authorizer: Authorizer
  readonly grants: Grants
  readonly members: Members
  readonly audit: Audit
}

/** Every service of the module, wired. `now` is the clock of the unpublish rule. */
export function compose(deps: MetadataDeps, settings: MetadataSettings, now = () => new Date()) {
  const directory = new Directory(deps, settings.cacheTtlMs)
  const lookup = new VersionLookup(deps, settings.cacheTtlMs)
  const locator = new Locator(directory, deps.authorizer)
  const limits = new PublishLimits(deps.cache, settings)
  const gate = new PublishGate({ ...deps, limits }, directory)
  const tags = new TagService(deps, locator, lookup)
  const writer = new VersionWriter({ ...deps, limits }, { directory, lookup, tags }, settings.maxMetadataBytes)
  const versions = new VersionService(deps, { locator, lookup, tags, writer }, { windowHours: settings.unpublishWindowHours, now })
  const sweep = new TagSweep(deps, lookup)
  const downloads = new DownloadCounter(deps.database, settings.downloadFlushMs)
  const namespaces = new NamespaceService(deps, { directory, locator })
  deps.accounts.onCreated((account) => directory.open(account))
  return {
    catalog: new ArtifactCatalog({ locator, gate, versions, writer, downloads }),
    namespaces,
    artifacts: new ArtifactService(deps, { directory, locator, namespaces }),
    tags,
    versions,
    references: new ReferenceService(deps, { directory, lookup, tags, sweep, versions, writer }),
    retention: new RetentionService(deps, { directory, locator, sweep }),
    stars: new StarService(deps, locator),
  }
}

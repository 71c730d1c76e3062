import type { Cache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Accounts, Audit, Authorizer, Grants, Members } from '../auth/contract.ts'
import type { Holders } from '../auth/holders.contract.ts'
import type { SecondFactor } from '../auth/logins.contract.ts'
import { AccessService } from './access.service.ts'
import { ArtifactService } from './artifact.service.ts'
import { ArtifactCatalog } from './artifact-catalog.ts'
import { ChangesService } from './changes.service.ts'
import { CompletionService } from './completions.service.ts'
import { Directory } from './directory.ts'
import { DownloadCounter } from './download-counter.ts'
import { HeldExpiryService } from './held-expiry.ts'
import { HeldPublications } from './held-publications.ts'
import { HeldRelease } from './held-release.ts'
import { HoldingsService } from './holdings.service.ts'
import { Locator } from './locator.ts'
import type { MetadataSettings } from './metadata-settings.ts'
import { NamePlacer } from './name-placer.ts'
import { NamespaceService } from './namespace.service.ts'
import { OwnershipService } from './ownership.service.ts'
import { PublicationPolicies } from './publication-policies.ts'
import { PublicationService } from './publications.service.ts'
import { PublishGate } from './publish-gate.ts'
import { PublishLimits } from './publish-limits.ts'
import { Quarantines } from './quarantines.ts'
import { RecordService } from './records.service.ts'
import { ReferenceService } from './references.service.ts'
import { RetentionService } from './retention.service.ts'
import { Revisions } from './revisions.ts'
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
  readonly holders: Holders
  readonly secondFactor: SecondFactor
  readonly audit: Audit
}

/** Every service of the module, wired. `now` is the clock of the unpublish rule. */
export function compose(deps: MetadataDeps, settings: MetadataSettings, now = () => new Date()) {
  const directory = new Directory(deps, settings.cacheTtlMs)
  const lookup = new VersionLookup(deps, settings.cacheTtlMs)
  const locator = new Locator(directory, deps)
  const revisions = new Revisions(deps.database, directory)
  const limits = new PublishLimits(deps.cache, settings)
  const policies = new PublicationPolicies(deps.authorizer)
  const gate = new PublishGate({ ...deps, limits, revisions, policies }, directory)
  const held = new HeldPublications(deps, lookup, settings.pendingHours)
  const tags = new TagService({ ...deps, revisions, policies }, locator, lookup)
  const writer = new VersionWriter({ ...deps, limits, revisions }, { lookup, tags, held, policies }, settings.maxMetadataBytes)
  const placer = new NamePlacer(deps.database, { tags, writer })
  const release = new HeldRelease({ ...deps, revisions }, { held, placer, writer })
  const quarantines = new Quarantines(deps.database, { lookup, writer })
  const versions = new VersionService(
    { ...deps, revisions },
    { locator, lookup, tags, writer, held, policies },
    { windowHours: settings.unpublishWindowHours, now },
  )
  const sweep = new TagSweep(deps, lookup)
  const downloads = new DownloadCounter(deps.database, settings.downloadFlushMs)
  const namespaces = new NamespaceService(deps, { directory, locator })
  deps.accounts.onCreated((account) => directory.open(account))
  deps.accounts.onHoldersChanged((held) => revisions.raiseHeld(held))
  const artifacts = new ArtifactService({ ...deps, revisions }, { directory, locator, namespaces })
  const changes = new ChangesService({ ...deps, locator, versions })
  return {
    catalog: new ArtifactCatalog({ locator, gate, versions, writer, downloads }),
    namespaces,
    artifacts,
    tags,
    versions,
    references: new ReferenceService(deps, { directory, lookup, tags, sweep, versions, placer, held, release, policies }),
    retention: new RetentionService(deps, { directory, locator, sweep }),
    stars: new StarService({ ...deps, revisions }, locator),
    changes,
    ownership: new OwnershipService({ ...deps, locator, changes, artifacts }),
    access: new AccessService({ ...deps, locator, directory, gate, changes, artifacts }),
    publications: new PublicationService({ ...deps, directory, revisions }, { policies, held, release, quarantines, lookup }),
    heldExpiry: new HeldExpiryService({ ...deps, directory, revisions }, { held, lookup }),
    downloads,
    records: new RecordService({ ...deps, directory }),
    completions: new CompletionService(deps),
    holdings: new HoldingsService({ ...deps, locator }),
  }
}

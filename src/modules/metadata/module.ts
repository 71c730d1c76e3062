import { Cache, LocalCaches } from '../../shared/kernel/cache.ts'
import { Database, Transaction } from '../../shared/kernel/database.ts'
import { Events } from '../../shared/kernel/events.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { Accounts, Audit, Authorizer, Grants, Members } from '../auth/contract.ts'
import { Holders } from '../auth/holders.contract.ts'
import { SecondFactor } from '../auth/logins.contract.ts'
import { ArtifactEntity } from './artifact.entity.ts'
import { Completions, VersionsCompleted } from './completions.contract.ts'
import { compose } from './compose.ts'
import {
  ArtifactCreated,
  ArtifactStarred,
  Catalog,
  ManifestExpired,
  NamespaceChanged,
  TagMoved,
  Tags,
  VersionDeleted,
  VersionDeprecated,
  VersionPublished,
  Versions,
  VersionYanked,
} from './contract.ts'
import { DownloadCountEntity } from './download-count.entity.ts'
import { DownloadCounts } from './downloads.contract.ts'
import { applyRetention } from './effects/apply-retention.ts'
import { expireHeld } from './effects/expire-held.ts'
import { handlers } from './handlers.ts'
import { HeldExpiry } from './held-expiry.ts'
import { HeldNameEntity } from './held-name.entity.ts'
import { HeldPublicationEntity } from './held-publication.entity.ts'
import { MetadataSettings } from './metadata-settings.ts'
import { NamespaceEntity } from './namespace.entity.ts'
import { Access, Changes, Holdings, Ownership, Stars } from './packages.contract.ts'
import {
  ManifestQuarantined,
  PublicationExpired,
  PublicationHeld,
  PublicationReleased,
  Publications,
  QuarantineLifted,
} from './publications.contract.ts'
import { QuarantineEntity } from './quarantine.entity.ts'
import { Records } from './records.contract.ts'
import { References } from './references.contract.ts'
import { Retention } from './retention-view.ts'
import { StarEntity } from './star.entity.ts'
import { TagEntity } from './tag.entity.ts'
import { TagHistoryEntity } from './tag-history.entity.ts'
import { VersionEntity } from './version.entity.ts'
import { Artifacts, Namespaces } from './views.ts'

export default defineModule({
  name: 'metadata',
  description: 'Namespaces, artifacts, versions and tags: names for content, and what may be done with them.',
  config: MetadataSettings,
  deps: {
    database: Database,
    transaction: Transaction,
    events: Events,
    cache: Cache,
    caches: LocalCaches,
    accounts: Accounts,
    authorizer: Authorizer,
    grants: Grants,
    members: Members,
    holders: Holders,
    secondFactor: SecondFactor,
    audit: Audit,
  },
  provides: {
    catalog: Catalog,
    namespaces: Namespaces,
    artifacts: Artifacts,
    tags: Tags,
    versions: Versions,
    references: References,
    retention: Retention,
    stars: Stars,
    ...{ publications: Publications, heldExpiry: HeldExpiry, records: Records, completions: Completions },
    ...{ changes: Changes, ownership: Ownership, access: Access, holdings: Holdings, downloads: DownloadCounts },
  },
  setup: (deps, settings) => compose(deps, settings),
  handlers,
  effects: [applyRetention, expireHeld],
  events: [
    ArtifactCreated,
    ArtifactStarred,
    ManifestExpired,
    ManifestQuarantined,
    NamespaceChanged,
    PublicationExpired,
    PublicationHeld,
    PublicationReleased,
    QuarantineLifted,
    TagMoved,
    VersionDeleted,
    VersionDeprecated,
    VersionPublished,
    VersionsCompleted,
    VersionYanked,
  ],
  entities: [
    NamespaceEntity,
    ArtifactEntity,
    VersionEntity,
    TagEntity,
    TagHistoryEntity,
    StarEntity,
    DownloadCountEntity,
    HeldPublicationEntity,
    HeldNameEntity,
    QuarantineEntity,
  ],
  migrations: new URL('./migrations/', import.meta.url),
  capabilities: ['database', 'cache', 'effects'],
})

import { join } from 'node:path'
import { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import { Log } from '../../shared/kernel/logger.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { Outbound } from '../../shared/kernel/outbound.ts'
import { Usage } from '../analytics/contract.ts'
import { Blobs, Publishing } from '../artifacts/contract.ts'
import { Members, Organizations, ReservedNames, Teams } from '../auth/contract.ts'
import { ApiTokens, Logins, Profiles, SecondFactor, WebLogins } from '../auth/logins.contract.ts'
import { TrustedPublishing } from '../auth/trusted-publishing.contract.ts'
import { Catalog, Tags, Versions } from '../metadata/contract.ts'
import { Access, Changes, Holdings, Ownership, Stars } from '../metadata/packages.contract.ts'
import { Packuments, StagedPublishes, Tarballs } from '../packuments/contract.ts'
import { Advisories } from '../scanning/contract.ts'
import { Search } from '../search/contract.ts'
import { BundleVerifier, PackageAttestations, RegistryKeys } from '../signing/contract.ts'
import { attestationHandlers } from './attestations/handlers.ts'
import { AuditDesk, Audits } from './audits/audit-desk.service.ts'
import { auditHandlers } from './audits/handlers.ts'
import { changeHandlers } from './changes/handlers.ts'
import { documentHandlers } from './documents/handlers.ts'
import { NpmDoor } from './door.ts'
import { downloadHandlers } from './downloads/handlers.ts'
import { loginHandlers } from './login/handlers.ts'
import { organizationHandlers } from './organizations/handlers.ts'
import { inOneSegment } from './package-url.ts'
import { publishingHandlers } from './publishing/handlers.ts'
import { openPublishing } from './publishing/open-publishing.ts'
import { PackagePublishing } from './publishing/package-publisher.service.ts'
import { PackageStaging } from './publishing/package-stages.service.ts'
import { renderError } from './render-error.ts'
import { refuseAtRoot } from './root/handlers/refuse-at-root.ts'
import { searchHandlers } from './search/handlers.ts'
import { NpmSettings } from './settings.ts'
import { trustHandlers } from './trust/handlers.ts'
import { KeptFiles } from './upstream/kept-files.ts'
import { NpmUpstreams, Upstreams } from './upstream/upstreams.ts'

export default defineModule({
  name: 'npm',
  description: 'The door for npm, pnpm, yarn and bun: /npm/, and the root of the host where no other route is.',
  config: NpmSettings,
  deps: {
    ...{ info: KernelInfo, outbound: Outbound, log: Log, advisories: Advisories, search: Search, usage: Usage },
    ...{ catalog: Catalog, tags: Tags, versions: Versions, secondFactor: SecondFactor },
    ...{ blobs: Blobs, publishing: Publishing, packuments: Packuments, tarballs: Tarballs, staged: StagedPublishes },
    ...{ registryKeys: RegistryKeys, bundleVerifier: BundleVerifier, packageAttestations: PackageAttestations },
    ...{ changes: Changes, ownership: Ownership, access: Access, holdings: Holdings, stars: Stars },
    ...{ tokens: ApiTokens, logins: Logins, webLogins: WebLogins, profiles: Profiles },
    ...{ trustedPublishing: TrustedPublishing, reservedNames: ReservedNames, organizations: Organizations, members: Members, teams: Teams },
  },
  provides: { door: NpmDoor, publisher: PackagePublishing, staging: PackageStaging, upstreams: NpmUpstreams, audits: Audits },
  async setup(deps, settings) {
    const files = new KeptFiles(join(deps.info.dataDir, 'cache', 'npm-upstreams'), settings.upstreamCacheBytes)
    await files.sweep()
    const upstreams = new Upstreams({ ...deps, files }, settings)
    deps.catalog.guardNewNames((ref) => upstreams.refuseElsewhere(ref))
    deps.reservedNames.guard((name) => upstreams.refuseScope(name))
    return { door: { settings }, upstreams, audits: new AuditDesk(settings.maxAudits), ...openPublishing(deps, settings) }
  },
  handlers: [
    ...[refuseAtRoot, ...loginHandlers, ...organizationHandlers, ...searchHandlers, ...auditHandlers],
    ...[...trustHandlers, ...attestationHandlers, ...changeHandlers, ...publishingHandlers, ...documentHandlers, ...downloadHandlers],
  ],
  capabilities: ['network'],
  http: {
    prefix: '/npm',
    renderError,
    rewriteUrl: inOneSegment,
    claimsRoot: (path) => `/-/taken-at-root${path}`,
  },
})

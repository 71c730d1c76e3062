import type { Cache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import { isLoopback } from '../../shared/kernel/kernel-settings.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import type { Outbound } from '../../shared/kernel/outbound.ts'
import { AccessTokens } from './access-tokens.ts'
import { NewAccountNames } from './account-names.ts'
import { AccountsService } from './accounts.service.ts'
import { AuditService } from './audit.service.ts'
import { AuditLogService } from './audit-log.service.ts'
import { AuditSequencer } from './audit-sequencer.ts'
import { AuthenticatorService } from './authenticator.service.ts'
import { AuthorizerService } from './authorizer.service.ts'
import { DoorClaimsCodec } from './door-claims.ts'
import { DoorTokensService } from './door-tokens.service.ts'
import { FirstAdminService } from './first-admin.service.ts'
import { GrantsService } from './grants.service.ts'
import { HoldersService } from './holders.service.ts'
import { LoginThrottle } from './login-throttle.ts'
import { LoginsService } from './logins.service.ts'
import { MembersService } from './members.service.ts'
import { OrganizationsService } from './organizations.service.ts'
import { argon2idHasher } from './password-hash.ts'
import { Passwords } from './passwords.service.ts'
import { RightsCache } from './rights-cache.ts'
import { SecondFactorService } from './second-factor.service.ts'
import { SessionsService } from './sessions.service.ts'
import type { AuthSettings } from './settings.ts'
import { SigningKeys } from './signing-keys.ts'
import { Standing } from './standing.ts'
import { TeamsService } from './teams.service.ts'
import { TokenUse } from './token-use.ts'
import { TokensService } from './tokens.service.ts'
import { openTrustedPublishing } from './trusted-publishing/open-trusted-publishing.ts'
import { UserCreation } from './user-creation.ts'
import { UserRemoval } from './user-removal.ts'
import { UsersService } from './users.service.ts'
import { WebLoginsService } from './web-logins.service.ts'

export interface AuthDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly cache: Cache
  readonly caches: LocalCaches
  readonly info: KernelInfo
  readonly log: Logger
  readonly outbound: Outbound
}

/** Wires the services of the module. */
export async function openAuth(kernel: AuthDeps, settings: AuthSettings) {
  const sequencer = new AuditSequencer(kernel)
  const audit = new AuditService({ ...kernel, onRecorded: () => sequencer.wake() })
  const people = openPeople({ ...kernel, audit }, settings)
  const signingKeys = await SigningKeys.open(kernel.database, kernel.transaction)
  const accessTokens = new AccessTokens(signingKeys, settings.accessTokenSeconds)
  const doorClaims = new DoorClaimsCodec(signingKeys, settings.doorTokenSeconds)
  const secondFactor = new SecondFactorService({ ...kernel, ...people, audit })
  const names = new NewAccountNames()
  const base = { ...kernel, ...people, audit, accessTokens, doorClaims, secondFactor, names, loginDays: settings.npmTokenDays }
  const sessions = new SessionsService({ ...base, refreshDays: settings.refreshTokenDays })
  const registrationOpen = isOpen(settings, kernel.info)
  const users = new UsersService({ ...base, sessions, removal: new UserRemoval(base), registrationOpen })
  const authorizer = new AuthorizerService(people.rights, people.accounts)
  const organizations = new OrganizationsService({ ...base, authorizer })
  const teams = new TeamsService({ ...base, organizations })
  const tokenUse = new TokenUse(kernel.database, kernel.log)
  const authenticator = new AuthenticatorService({ ...base, tokenUse })
  const tokens = new TokensService(base)
  const logins = new LoginsService({ ...base, authenticator, users, registrationOpen })
  const trustedPublishing = openTrustedPublishing(base, settings.trustedIssuers)
  sequencer.wake()
  return {
    ...{ trustedPublishing, trustedPublishingUpkeep: trustedPublishing },
    accounts: people.accounts,
    firstAdmin: people.firstAdmin,
    ...{ audit, authorizer, users, sessions, organizations, tokenUse, sequencer },
    ...{ authenticator, tokens, logins, secondFactor, reservedNames: names },
    webLogins: new WebLoginsService({ ...base, authenticator, logins, tokens }),
    doorTokens: new DoorTokensService({ authenticator, logins, tokens, doorClaims, rememberDays: settings.doorRememberDays }),
    grants: new GrantsService(base),
    members: new MembersService(base),
    teams,
    holders: new HoldersService({ database: kernel.database, teams }),
    auditLog: new AuditLogService({ ...base, authorizer, sequencer }),
  }
}

function openPeople(kernel: AuthDeps & { readonly audit: AuditService }, settings: AuthSettings) {
  const hasher = argon2idHasher({ memoryKib: settings.passwordMemoryKib, passes: settings.passwordPasses })
  const throttle = new LoginThrottle(kernel.cache)
  const passwords = new Passwords({ ...kernel, hasher, throttle, maxWaiting: settings.passwordQueue })
  const accounts = new AccountsService(kernel)
  const creation = new UserCreation({ ...kernel, accounts, passwords })
  const firstAdmin = new FirstAdminService({ ...kernel, creation, username: settings.adminUsername, password: settings.adminPassword })
  return { passwords, accounts, creation, firstAdmin, standing: new Standing(kernel), rights: new RightsCache(kernel) }
}

const isOpen = ({ registration }: AuthSettings, { mode, host }: KernelInfo): boolean =>
  registration === 'open' || (registration === 'auto' && mode === 'development' && isLoopback(host))

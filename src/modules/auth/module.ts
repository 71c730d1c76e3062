import { Cache, LocalCaches } from '../../shared/kernel/cache.ts'
import { Database, Transaction } from '../../shared/kernel/database.ts'
import { Events } from '../../shared/kernel/events.ts'
import { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import { Log } from '../../shared/kernel/logger.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { Outbound } from '../../shared/kernel/outbound.ts'
import { Authenticator } from '../../shared/kernel/principal.ts'
import { AuditLog } from './audit-log.service.ts'
import { Sequencer } from './audit-sequencer.ts'
import {
  AccountCreated,
  Accounts,
  Audit,
  Authorizer,
  CredentialRevoked,
  DoorTokens,
  FirstAdmin,
  Grants,
  Members,
  ReservedNames,
  RightsChanged,
} from './contract.ts'
import { auditDeadLetterRetry } from './effects/audit-dead-letter-retry.ts'
import { dropExpiredExchanges } from './effects/drop-expired-exchanges.ts'
import { dropExpiredSessions } from './effects/drop-expired-sessions.ts'
import { handlers } from './handlers.ts'
import { Holders } from './holders.contract.ts'
import { Logins, SecondFactor, WebLogins } from './logins.contract.ts'
import { Organizations } from './organizations.service.ts'
import { openAuth } from './services.ts'
import { Sessions } from './sessions.service.ts'
import { AuthSettings } from './settings.ts'
import { Teams } from './teams.service.ts'
import { TokenUses } from './token-use.ts'
import { Tokens } from './tokens.service.ts'
import { TrustedPublishingUpkeep } from './trusted-publishing/trusted-publishing.service.ts'
import { TrustedPublishing } from './trusted-publishing.contract.ts'
import { Users } from './users.service.ts'

export default defineModule({
  name: 'auth',
  description: 'Users, organizations, teams, credentials, rights and the audit log.',
  config: AuthSettings,
  deps: {
    ...{ database: Database, transaction: Transaction, events: Events, cache: Cache, caches: LocalCaches },
    ...{ info: KernelInfo, log: Log, outbound: Outbound },
  },
  provides: {
    ...{ accounts: Accounts, authorizer: Authorizer, grants: Grants, members: Members, audit: Audit, doorTokens: DoorTokens },
    ...{ holders: Holders, trustedPublishing: TrustedPublishing, trustedPublishingUpkeep: TrustedPublishingUpkeep },
    ...{ authenticator: Authenticator, firstAdmin: FirstAdmin, auditLog: AuditLog, sequencer: Sequencer, tokenUse: TokenUses },
    ...{ logins: Logins, webLogins: WebLogins, secondFactor: SecondFactor, reservedNames: ReservedNames },
    ...{ users: Users, sessions: Sessions, tokens: Tokens, organizations: Organizations, teams: Teams },
  },
  setup: (deps, settings) => openAuth(deps, settings),
  handlers,
  effects: [auditDeadLetterRetry, dropExpiredSessions, dropExpiredExchanges],
  events: [AccountCreated, CredentialRevoked, RightsChanged],
  migrations: new URL('./migrations/', import.meta.url),
  capabilities: ['database', 'cache', 'effects', 'network'],
})

import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Effects } from '../../shared/kernel/effects.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import type { Outbound } from '../../shared/kernel/outbound.ts'
import type { Audit, Authorizer, Members } from '../auth/contract.ts'
import type { Holders } from '../auth/holders.contract.ts'
import type { Catalog } from '../metadata/contract.ts'
import type { Publications } from '../metadata/publications.contract.ts'
import type { Records } from '../metadata/records.contract.ts'
import { Audience } from './audience.ts'
import { FanOut } from './fan-out.ts'
import { FeedService } from './feed.service.ts'
import { logMailer } from './mail/log-mailer.ts'
import type { Mailer } from './mail/mailer.ts'
import { PostOfficeService } from './mail/post-office.ts'
import { UnsubscribeService } from './mail/unsubscribe.service.ts'
import { UnsubscribeTokens } from './mail/unsubscribe-tokens.ts'
import { NoticesService } from './notices.service.ts'
import { PreferencesService } from './preferences.service.ts'
import type { NotificationSettings } from './settings.ts'
import { SubscriptionsService } from './subscriptions.service.ts'
import { UpkeepService } from './upkeep.service.ts'
import { DeliveryLogService } from './webhooks/delivery-log.service.ts'
import { DispatcherService } from './webhooks/dispatcher.ts'
import { WebhooksService } from './webhooks/webhooks.service.ts'

export interface NotificationsDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly effects: Effects
  readonly outbound: Outbound
  readonly info: KernelInfo
  readonly log: Logger
  readonly authorizer: Authorizer
  readonly members: Members
  readonly holders: Holders
  readonly audit: Audit
  readonly catalog: Catalog
  readonly records: Records
  readonly publications: Publications
}

/** Wires the services of the module. */
export async function openNotifications(deps: NotificationsDeps, settings: NotificationSettings) {
  const audience = new Audience(deps)
  const tokens = await UnsubscribeTokens.open(deps.database)
  const mailer = await mailerOf(settings, deps.log)
  const { mailsPerHour, bounceLimit, feedDays, deliveryDays } = settings
  const postOffice = new PostOfficeService({ ...deps, audience, mailer, tokens, mailsPerHour, bounceLimit })
  const timeoutMs = settings.webhookTimeoutSeconds * 1_000
  const dispatcher = new DispatcherService({ ...deps, audience, timeoutMs, disableDays: settings.webhookDisableDays })
  const fanOut = new FanOut({ ...deps, audience, onDeliveries: () => dispatcher.kick(), onMail: () => postOffice.kick() })
  const preferences = new PreferencesService(deps)
  const webhooks = new WebhooksService({ ...deps, mostPerNamespace: settings.webhooksPerNamespace })
  return {
    ...{ postOffice, dispatcher, preferences, webhooks },
    notices: new NoticesService({ ...deps, audience, fanOut }),
    subscriptions: new SubscriptionsService({ ...deps, mostPerUser: settings.subscriptionsPerUser }),
    feed: new FeedService({ ...deps, audience }),
    deliveryLog: new DeliveryLogService({ ...deps, webhooks }),
    unsubscribe: new UnsubscribeService({ tokens, preferences }),
    upkeep: new UpkeepService({ ...deps, feedDays, deliveryDays }),
  }
}

/** What speaks SMTP is loaded only where mail leaves. */
async function mailerOf({ smtpUrl, mailFrom }: NotificationSettings, log: Logger): Promise<Mailer> {
  if (smtpUrl === '') return logMailer(log)
  const { smtpMailer } = await import('./mail/smtp-mailer.ts')
  return smtpMailer({ url: smtpUrl, from: mailFrom })
}

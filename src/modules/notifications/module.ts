import { Database, Transaction } from '../../shared/kernel/database.ts'
import { Effects } from '../../shared/kernel/effects.ts'
import { Events } from '../../shared/kernel/events.ts'
import { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import { Log } from '../../shared/kernel/logger.ts'
import { defineModule } from '../../shared/kernel/module.ts'
import { Outbound } from '../../shared/kernel/outbound.ts'
import { Audit, Authorizer, Members } from '../auth/contract.ts'
import { Holders } from '../auth/holders.contract.ts'
import { Catalog } from '../metadata/contract.ts'
import { Publications } from '../metadata/publications.contract.ts'
import { Records } from '../metadata/records.contract.ts'
import { WebhookDisabled } from './contract.ts'
import { deliverDue } from './effects/deliver-due.ts'
import { dropOld } from './effects/drop-old.ts'
import { finishTelling } from './effects/finish-telling.ts'
import { forgetDeletedUser } from './effects/forget-deleted-user.ts'
import { noteEvents } from './effects/note-events.ts'
import { Feed } from './feed.service.ts'
import { handlers } from './handlers.ts'
import { PostOffice } from './mail/post-office.ts'
import { Unsubscribe } from './mail/unsubscribe.service.ts'
import { Notices, tellRest } from './notices.service.ts'
import { Preferences } from './preferences.service.ts'
import { openNotifications } from './services.ts'
import { NotificationSettings } from './settings.ts'
import { Subscriptions } from './subscriptions.service.ts'
import { Upkeep } from './upkeep.service.ts'
import { DeliveryLog, deliverNow } from './webhooks/delivery-log.service.ts'
import { Dispatcher } from './webhooks/dispatcher.ts'
import { Webhooks } from './webhooks/webhooks.service.ts'

export default defineModule({
  name: 'notifications',
  description: 'Tells people and programs what happens to what they follow: in a feed, by mail, by webhook.',
  config: NotificationSettings,
  deps: {
    ...{ database: Database, transaction: Transaction, events: Events, effects: Effects, outbound: Outbound, info: KernelInfo, log: Log },
    ...{
      authorizer: Authorizer,
      members: Members,
      holders: Holders,
      audit: Audit,
      catalog: Catalog,
      records: Records,
      publications: Publications,
    },
  },
  provides: {
    ...{ notices: Notices, subscriptions: Subscriptions, feed: Feed, preferences: Preferences, upkeep: Upkeep },
    ...{ webhooks: Webhooks, deliveryLog: DeliveryLog, dispatcher: Dispatcher, postOffice: PostOffice, unsubscribe: Unsubscribe },
  },
  setup: openNotifications,
  handlers,
  effects: [...noteEvents, tellRest, deliverNow, deliverDue, finishTelling, dropOld, forgetDeletedUser],
  events: [WebhookDisabled],
  migrations: new URL('./migrations/', import.meta.url),
  capabilities: ['database', 'effects', 'network'],
})

import auth from '../../../src/modules/auth/module.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import { PostOffice } from '../../../src/modules/notifications/mail/post-office.ts'
import notifications from '../../../src/modules/notifications/module.ts'
import { Dispatcher } from '../../../src/modules/notifications/webhooks/dispatcher.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { Events } from '../../../src/shared/kernel/events.ts'
import type { TestKernelOptions } from '../../../src/shared/testing/start-test-kernel.ts'
import { openRegistry } from '../metadata/open-registry.ts'

/** Accounts, metadata and notifications; the registry may connect to this machine by the address 127.0.0.1. */
export async function openNotifications(options: TestKernelOptions = {}) {
  const registry = await openRegistry({
    modules: [auth, metadata, notifications],
    ...options,
    kernel: { outboundAllow: ['127.0.0.1/32'], ...options.kernel },
  })
  const { kernel } = registry
  const dispatcher = kernel.resolve(Dispatcher)
  const postOffice = kernel.resolve(PostOffice)
  /** Everything emitted so far was told, sent and written down. */
  const settled = async (): Promise<void> => {
    await kernel.drainEffects()
    await dispatcher.idle()
    await kernel.drainEffects()
    await postOffice.idle()
  }
  /** Moves what waits so far into the past. */
  const passTime = async (seconds: number): Promise<void> => {
    await registry.sql`update notification_deliveries set next_attempt_at = next_attempt_at - ${seconds} * interval '1 second',
      created_at = created_at - ${seconds} * interval '1 second', claimed_until = claimed_until - ${seconds} * interval '1 second'`
    await registry.sql`update notification_notices set mail_due_at = mail_due_at - ${seconds} * interval '1 second'`
    await registry.sql`update notification_mailboxes set hour_began_at = hour_began_at - ${seconds} * interval '1 second'`
    await registry.sql`update notification_webhooks set failing_since = failing_since - ${seconds} * interval '1 second'`
    dispatcher.kick()
    postOffice.kick()
    await settled()
  }
  return { ...registry, dispatcher, postOffice, settled, passTime, events: kernel.resolve(Events), database: kernel.resolve(Database) }
}
export type Notifications = Awaited<ReturnType<typeof openNotifications>>

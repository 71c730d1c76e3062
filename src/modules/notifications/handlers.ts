import { changePreferences } from './handlers/change-preferences.ts'
import { changeSubscription } from './handlers/change-subscription.ts'
import { changeWebhook } from './handlers/change-webhook.ts'
import { createSubscription } from './handlers/create-subscription.ts'
import { createWebhook } from './handlers/create-webhook.ts'
import { deleteSubscription } from './handlers/delete-subscription.ts'
import { deleteWebhook } from './handlers/delete-webhook.ts'
import { findDelivery } from './handlers/find-delivery.ts'
import { findSubscription } from './handlers/find-subscription.ts'
import { findWebhook } from './handlers/find-webhook.ts'
import { listDeliveries } from './handlers/list-deliveries.ts'
import { listFeed } from './handlers/list-feed.ts'
import { listSubscriptions } from './handlers/list-subscriptions.ts'
import { listWebhooks } from './handlers/list-webhooks.ts'
import { markFeedRead } from './handlers/mark-feed-read.ts'
import { pingWebhook } from './handlers/ping-webhook.ts'
import { redeliver } from './handlers/redeliver.ts'
import { rotateWebhookSecret } from './handlers/rotate-webhook-secret.ts'
import { showPreferences } from './handlers/show-preferences.ts'
import { showUnsubscribe } from './handlers/show-unsubscribe.ts'
import { unsubscribeFromMail } from './handlers/unsubscribe-from-mail.ts'

export const handlers = [
  changePreferences,
  changeSubscription,
  changeWebhook,
  createSubscription,
  createWebhook,
  deleteSubscription,
  deleteWebhook,
  findDelivery,
  findSubscription,
  findWebhook,
  listDeliveries,
  listFeed,
  listSubscriptions,
  listWebhooks,
  markFeedRead,
  pingWebhook,
  redeliver,
  rotateWebhookSecret,
  showPreferences,
  showUnsubscribe,
  unsubscribeFromMail,
]

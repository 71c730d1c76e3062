import { Type } from '@sinclair/typebox'
import { defineEvent } from '../../shared/kernel/event.ts'

/** A webhook gets nothing any more, because it said so (410) or failed for too long. `url` is without its path, which may be a secret. */
export const WebhookDisabled = defineEvent(
  'notifications.webhook_disabled',
  Type.Object({ webhookId: Type.String(), namespace: Type.String(), url: Type.String(), reason: Type.String() }),
)

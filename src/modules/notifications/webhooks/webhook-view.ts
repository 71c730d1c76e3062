import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from '../../../shared/types/one-of.ts'
import { EventFilter, NoticeKindSchema } from '../kinds.ts'
import { Target } from '../targets.ts'

const Text = Type.Union([Type.String(), Type.Null()])
const Url = Type.String({ minLength: 8, maxLength: 2_048, description: 'https or http, without credentials and fragment.' })
const Format = oneOf(['cloudevents', 'json'], { description: 'CloudEvents 1.0 in structured mode, or plain JSON.' })
const Follows = Type.Array(Target, { maxItems: 100, description: 'What it hears of; the own namespace when it is left out.' })
const Description = Type.String({ maxLength: 500, pattern: '^[^\\u0000-\\u001f\\u007f]*$' })

export const NewWebhook = Type.Object(
  {
    url: Url,
    format: Type.Optional(Format),
    events: Type.Optional(EventFilter),
    follows: Type.Optional(Follows),
    description: Type.Optional(Description),
  },
  { additionalProperties: false },
)
export type NewWebhook = Static<typeof NewWebhook>

export const WebhookChange = Type.Object(
  {
    url: Type.Optional(Url),
    format: Type.Optional(Format),
    events: Type.Optional(Type.Union([EventFilter, Type.Null()])),
    follows: Type.Optional(Follows),
    description: Type.Optional(Description),
    enabled: Type.Optional(Type.Boolean()),
  },
  { minProperties: 1, additionalProperties: false },
)
export type WebhookChange = Static<typeof WebhookChange>

export const WebhookView = Type.Object({
  id: Type.String(),
  url: Type.String(),
  format: Format,
  events: Type.Union([Type.Array(NoticeKindSchema), Type.Null()], { description: 'null: all.' }),
  follows: Type.Array(Target),
  description: Type.String(),
  enabled: Type.Boolean(),
  disabledReason: Text,
  failingSince: Text,
  createdAt: Type.String(),
})
export type WebhookView = Static<typeof WebhookView>

const Secret = Type.Object({ secret: Type.String({ description: 'Shown this once.' }) })
export const WebhookWithSecret = Type.Composite([WebhookView, Secret])
export const RotatedSecret = Type.Composite([Secret, Type.Object({ formerValidUntil: Type.String() })])

export const DeliveryState = oneOf(['waiting', 'delivered', 'failed', 'withheld'])
export const DeliveryView = Type.Object({
  id: Type.String(),
  eventId: Type.String(),
  event: Type.String({ description: 'Its type.' }),
  state: DeliveryState,
  attempts: Type.Integer(),
  nextAttemptAt: Text,
  redelivers: Type.Union([Type.String(), Type.Null()], { description: 'The delivery this one repeats.' }),
  createdAt: Type.String(),
  finishedAt: Text,
})
export type DeliveryView = Static<typeof DeliveryView>

export const AttemptView = Type.Object({
  attempt: Type.Integer(),
  at: Type.String(),
  durationMs: Type.Integer(),
  request: Type.Object({ url: Type.String(), bytes: Type.Integer(), contentType: Type.String(), signedAt: Type.Integer() }),
  status: Type.Union([Type.Integer(), Type.Null()]),
  error: Text,
  response: Type.Union([Type.Object({ contentType: Text, body: Type.String({ description: 'Its first 1,024 bytes.' }) }), Type.Null()]),
})
export type AttemptView = Static<typeof AttemptView>
export const DeliveryWithAttempts = Type.Composite([DeliveryView, Type.Object({ log: Type.Array(AttemptView) })])

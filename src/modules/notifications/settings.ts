import { type Static, Type } from '@sinclair/typebox'

export const NotificationSettings = Type.Object({
  smtpUrl: Type.String({
    default: '',
    maxLength: 2_000,
    env: 'SMTP_URL',
    description: 'Where mail is handed in, for example smtps://user:password@mail.example.org; empty: it is only written to the log.',
  }),
  mailFrom: Type.String({
    default: 'Gati Registry <registry@localhost>',
    minLength: 3,
    maxLength: 320,
    pattern: '^[^\\u0000-\\u001f\\u007f]*$',
    description: 'Sender of mail: an address, or a name and an address in angle brackets.',
  }),
  mailsPerHour: Type.Integer({
    default: 20,
    minimum: 1,
    maximum: 10_000,
    description: 'To one user; what is beyond goes into the next mail.',
  }),
  bounceLimit: Type.Integer({
    default: 3,
    minimum: 1,
    maximum: 100,
    description: 'Mail that an address refused for good so often in a row ends mail to it.',
  }),
  subscriptionsPerUser: Type.Integer({ default: 1_000, minimum: 1, maximum: 100_000, description: 'What one user can follow.' }),
  webhooksPerNamespace: Type.Integer({ default: 20, minimum: 0, maximum: 1_000, description: 'Webhooks of one namespace.' }),
  webhookTimeoutSeconds: Type.Integer({ default: 10, minimum: 1, maximum: 25, description: 'A webhook has to answer within so long.' }),
  webhookDisableDays: Type.Integer({
    default: 5,
    minimum: 1,
    maximum: 90,
    description: 'A webhook that failed for so long without one success is disabled.',
  }),
  feedDays: Type.Integer({ default: 90, minimum: 1, maximum: 3_650, description: 'Notices stay in the feed for so long.' }),
  deliveryDays: Type.Integer({
    default: 30,
    minimum: 2,
    maximum: 365,
    description: 'Deliveries stay in the log of a webhook for so long.',
  }),
})
export type NotificationSettings = Static<typeof NotificationSettings>

import { type Static, Type } from '@sinclair/typebox'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import { userIdOf } from './caller.ts'
import { FeedPace, followableKinds, MailPace } from './kinds.ts'
import { channelsOf } from './pace.ts'
import type { Choices } from './recipients.queries.ts'

const Channels = Type.Object({ feed: FeedPace, mail: MailPace })
const mapOf = <S extends ReturnType<typeof Type.Object> | typeof Channels>(value: S) =>
  Type.Object(Object.fromEntries(followableKinds.map((kind) => [kind, Type.Optional(value)])), { additionalProperties: false })

export const PreferencesView = Type.Object({
  mailEnabled: Type.Boolean(),
  mailAddress: Type.Union([Type.String(), Type.Null()], { description: 'Of the account.' }),
  mailBlocked: Type.Union([Type.String(), Type.Null()], { description: 'Why the registry sends no mail to it, although it would.' }),
  kinds: mapOf(Channels),
})
export type PreferencesView = Static<typeof PreferencesView>

export const PreferencesChange = Type.Object(
  {
    mailEnabled: Type.Optional(Type.Boolean({ description: 'true also tries an address again that refused mail.' })),
    kinds: Type.Optional(mapOf(Type.Partial(Channels, { additionalProperties: false, minProperties: 1 }))),
  },
  { minProperties: 1, additionalProperties: false },
)
export type PreferencesChange = Static<typeof PreferencesChange>

export interface PreferencesDeps {
  readonly database: Database
  readonly transaction: Transaction
}

/** Which notices a user wants, and where. */
export class PreferencesService {
  readonly #deps: PreferencesDeps
  constructor(deps: PreferencesDeps) {
    this.#deps = deps
  }

  async find(caller: Principal): Promise<PreferencesView> {
    const [row] = await this.#deps.database.sql<Omit<PreferencesView, 'kinds'> & { choices: Choices }>`
      select coalesce(p.mail_enabled, true) as "mailEnabled", u.email as "mailAddress", m.blocked_reason as "mailBlocked",
        coalesce(p.choices, '{}') as choices
      from users u left join notification_preferences p on p.user_id = u.id left join notification_mailboxes m on m.user_id = u.id
      where u.id = ${userIdOf(caller)}::uuid`
    const { choices = {}, ...rest } = row ?? { mailEnabled: true, mailAddress: null, mailBlocked: null }
    return { ...rest, kinds: Object.fromEntries(followableKinds.map((kind) => [kind, channelsOf(kind, choices)])) }
  }

  async change(caller: Principal, { mailEnabled, kinds = {} }: PreferencesChange): Promise<PreferencesView> {
    const { database, transaction } = this.#deps
    const userId = userIdOf(caller)
    await transaction.run(async () => {
      await this.setMail(userId, mailEnabled)
      // Within a kind, what is not named stays.
      for (const [kind, channels] of Object.entries(kinds))
        await database.sql`
          update notification_preferences
          set choices = choices || jsonb_build_object(${kind}::text, coalesce(choices -> ${kind}::text, '{}') || ${JSON.stringify(channels)}::jsonb)
          where user_id = ${userId}::uuid`
    })
    return this.find(caller)
  }

  /** Undefined leaves it as it is. */
  async setMail(userId: string, enabled: boolean | undefined): Promise<void> {
    const { database } = this.#deps
    await database.sql`
      insert into notification_preferences as p (user_id, mail_enabled) values (${userId}::uuid, ${enabled ?? true})
      on conflict (user_id) do update set mail_enabled = coalesce(${enabled ?? null}::boolean, p.mail_enabled)`
    if (enabled)
      await database.sql`
        update notification_mailboxes set blocked_reason = null, bounces = 0, bounced_address = null where user_id = ${userId}::uuid`
    if (enabled === false)
      await database.sql`
        update notification_notices set mail_due_at = null where user_id = ${userId}::uuid and mail_due_at is not null`
  }
}

export const Preferences = service<PreferencesService>('notifications.preferences')

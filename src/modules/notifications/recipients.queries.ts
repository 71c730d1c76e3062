import type { Database } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import type { MailPace } from './kinds.ts'

/** What a user chose, by kind; what is missing is as usual. */
export type Choices = Readonly<Record<string, { readonly feed?: 'instant' | 'off'; readonly mail?: MailPace }>>

/** A user that is there. */
export interface Recipient {
  readonly userId: string
  readonly username: string
  readonly isAdmin: boolean
  readonly email: string | null
  readonly mailEnabled: boolean
  readonly choices: Choices
}

export const recipientsByIds = (database: Database, userIds: readonly string[]): Promise<Recipient[]> => database.sql<Recipient>`
  select u.id as "userId", a.name as username, u.is_admin as "isAdmin", u.email,
    coalesce(p.mail_enabled, true) as "mailEnabled", coalesce(p.choices, '{}') as choices
  from users u join accounts a on a.id = u.id left join notification_preferences p on p.user_id = u.id
  where u.id = any(${userIds}::uuid[]) and a.state = 'active' order by u.id`

export async function userIdsByNames(database: Database, names: readonly string[]): Promise<string[]> {
  const rows = await database.sql<{ id: string }>`
    select id from accounts where name = any(${names}::text[]) and kind = 'user' and state = 'active'`
  return rows.map(({ id }) => id)
}

/** The user as it would come with a session of its own. */
export const principalOf = ({ userId, username, isAdmin }: Pick<Recipient, 'userId' | 'username' | 'isAdmin'>): Principal => ({
  ...{ userId, username, isAdmin },
  scopes: new Set(['read', 'publish', 'admin']),
})

import { type Static, Type } from '@sinclair/typebox'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import { type Page, pageOf } from '../../shared/types/page.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Catalog } from '../metadata/contract.ts'
import { userIdOf } from './caller.ts'
import { AlreadyFollowed, SubscriptionNotFound, TooManySubscriptions } from './errors.ts'
import { NoticeKindSchema } from './kinds.ts'
import { type PagingQuery, startOf } from './page.ts'
import { findTarget, Target } from './targets.ts'

export const SubscriptionView = Type.Object({
  id: Type.String(),
  target: Target,
  events: Type.Union([Type.Array(NoticeKindSchema), Type.Null()], { description: 'null: all.' }),
  createdAt: Type.String(),
})
export type SubscriptionView = Static<typeof SubscriptionView>

export interface SubscriptionsDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly catalog: Catalog
  readonly mostPerUser: number
}

/** What a user follows. Whether the user may still read it is asked whenever there is something to tell. */
export class SubscriptionsService {
  readonly #deps: SubscriptionsDeps
  constructor(deps: SubscriptionsDeps) {
    this.#deps = deps
  }

  /** Throws TargetInvalid, AlreadyFollowed, TooManySubscriptions, and what the catalog throws. */
  async follow(caller: Principal, target: Target, events: SubscriptionView['events']): Promise<SubscriptionView> {
    const { database, transaction, catalog, mostPerUser } = this.#deps
    const userId = userIdOf(caller)
    const found = await findTarget(catalog, caller, target)
    return transaction.run(async () => {
      // Two at once must not both be the last one.
      await database.sql`select id from users where id = ${userId}::uuid for no key update`
      const [counted] = await database.sql<{ count: number }>`
        select count(*) as count from notification_subscriptions where user_id = ${userId}::uuid`
      if ((counted?.count ?? 0) >= mostPerUser) throw new TooManySubscriptions(mostPerUser)
      const [row] = await database.sql<SubscriptionView>`
        insert into notification_subscriptions (id, user_id, target_kind, target_key, target, events)
        values (${uuidv7()}::uuid, ${userId}::uuid, ${found.kind}, ${found.key}, ${JSON.stringify(found.target)}::jsonb, ${events}::text[])
        on conflict (user_id, target_kind, target_key) do nothing
        returning id, target, events, created_at as "createdAt"`
      if (!row) throw new AlreadyFollowed()
      return row
    })
  }

  async list(caller: Principal, { cursor, limit }: PagingQuery): Promise<Page<SubscriptionView>> {
    const rows = await this.#deps.database.sql<SubscriptionView>`
      select id, target, events, created_at as "createdAt" from notification_subscriptions
      where user_id = ${userIdOf(caller)}::uuid and (${startOf(cursor)}::uuid is null or id > ${startOf(cursor)}::uuid)
      order by id limit ${limit + 1}`
    return pageOf(rows, limit, ({ id }) => [id])
  }

  async find(caller: Principal, id: string): Promise<SubscriptionView> {
    const [row] = await this.#deps.database.sql<SubscriptionView>`
      select id, target, events, created_at as "createdAt" from notification_subscriptions
      where id = ${id}::uuid and user_id = ${userIdOf(caller)}::uuid`
    if (!row) throw new SubscriptionNotFound()
    return row
  }

  async change(caller: Principal, id: string, events: SubscriptionView['events']): Promise<SubscriptionView> {
    const [row] = await this.#deps.database.sql<SubscriptionView>`
      update notification_subscriptions set events = ${events}::text[] where id = ${id}::uuid and user_id = ${userIdOf(caller)}::uuid
      returning id, target, events, created_at as "createdAt"`
    if (!row) throw new SubscriptionNotFound()
    return row
  }

  async unfollow(caller: Principal, id: string): Promise<void> {
    const rows = await this.#deps.database.sql`
      delete from notification_subscriptions where id = ${id}::uuid and user_id = ${userIdOf(caller)}::uuid returning id`
    if (rows.length === 0) throw new SubscriptionNotFound()
  }
}

export const Subscriptions = service<SubscriptionsService>('notifications.subscriptions')

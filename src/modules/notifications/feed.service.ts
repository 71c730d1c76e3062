import { type Static, Type } from '@sinclair/typebox'
import type { Database } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import { type Page, pageOf } from '../../shared/types/page.ts'
import type { Audience } from './audience.ts'
import { userIdOf } from './caller.ts'
import { eventColumns } from './event.queries.ts'
import type { NotedEvent } from './noted-event.ts'
import { type PagingQuery, startOf } from './page.ts'
import { subjectOf } from './webhooks/message.ts'
import { sentenceOf } from './wording.ts'

const Text = Type.Union([Type.String(), Type.Null()])
export const FeedItem = Type.Object({
  id: Type.String(),
  eventId: Type.String(),
  event: Type.String({ description: 'Its type.' }),
  subject: Type.String(),
  text: Type.String(),
  namespace: Type.String(),
  name: Text,
  format: Text,
  data: Type.Record(Type.String(), Type.Unknown()),
  at: Type.String(),
  readAt: Text,
})
export type FeedItem = Static<typeof FeedItem>

export interface FeedDeps {
  readonly database: Database
  readonly audience: Audience
}

interface Row extends NotedEvent {
  readonly noticeId: string
  readonly readAt: string | null
}

/** What happened to what a user follows, in the registry itself. */
export class FeedService {
  readonly #deps: FeedDeps
  constructor(deps: FeedDeps) {
    this.#deps = deps
  }

  /** Newest first. Without what the caller may not see any more, so that a page may be short. */
  async list(caller: Principal, query: PagingQuery & { readonly unread?: boolean }): Promise<Page<FeedItem>> {
    const before = startOf(query.cursor)
    const rows = await this.#deps.database.sql<Row>`
      select n.id as "noticeId", n.read_at as "readAt", ${eventColumns}
      from notification_notices n join notification_events e on e.id = n.event_id
      where n.user_id = ${userIdOf(caller)}::uuid and n.in_feed and (${before}::uuid is null or n.id < ${before}::uuid)
        and (not ${query.unread ?? false}::boolean or n.read_at is null)
      order by n.id desc limit ${query.limit + 1}`
    const { items, nextCursor } = pageOf(
      rows.map((row) => ({ ...row, id: row.noticeId, eventId: row.id })),
      query.limit,
      ({ id }) => [id],
    )
    return { items: (await this.#deps.audience.heard({ principal: caller }, items)).map(toItem), nextCursor }
  }

  async countUnread(caller: Principal): Promise<number> {
    // More than a thousand are as good as a thousand.
    const [row] = await this.#deps.database.sql<{ count: number }>`
      select count(*) as count from (
        select from notification_notices where user_id = ${userIdOf(caller)}::uuid and in_feed and read_at is null limit 1000) unread`
    return row?.count ?? 0
  }

  /** Those with these ids, or all up to one of them and older. */
  async markRead(
    caller: Principal,
    { ids = [], upTo = null }: { readonly ids?: readonly string[]; readonly upTo?: string | null },
  ): Promise<void> {
    const userId = userIdOf(caller)
    await this.#deps.database.sql`
      update notification_notices set read_at = now()
      where user_id = ${userId}::uuid and in_feed and read_at is null and (id = any(${ids}::uuid[]) or id <= ${upTo}::uuid)`
  }
}

const toItem = (row: Row & { readonly id: string; readonly eventId: string }): FeedItem => {
  const { id, eventId, kind: event, namespace, name, format, at, readAt } = row
  return {
    ...{ id, eventId, event, subject: subjectOf(row), text: sentenceOf(row), namespace, name, format, at, readAt },
    data: { ...row.data },
  }
}

export const Feed = service<FeedService>('notifications.feed')

import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Members, Role } from '../auth/contract.ts'
import type { Holders } from '../auth/holders.contract.ts'
import type { Audience, Theme } from './audience.ts'
import { type Follower, findFollowers, findTold, keepStage, type Told } from './event.queries.ts'
import { ruleOf } from './kinds.ts'
import type { NotedEvent } from './noted-event.ts'
import { placeOf } from './pace.ts'
import { principalOf, type Recipient, recipientsByIds, userIdsByNames } from './recipients.queries.ts'

const pageSize = 500
/** Rights are looked up for so many at once. */
const atOnce = 20

export interface FanOutDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly members: Members
  readonly holders: Holders
  readonly audience: Audience
  /** Deliveries of webhooks were written. */
  readonly onDeliveries: () => void
  /** Mail is due. */
  readonly onMail: () => void
}

const themeMs = 1_000

interface Step {
  readonly to: Pick<Told, 'stage' | 'place'>
  /** Nothing when there is nobody to tell. */
  readonly tell?: () => Promise<void>
}
const over: Step = { to: { stage: 'done', place: null } }

const administers = (role: Role): boolean => role === 'owner' || role === 'admin'

/** From one event to a notice or a delivery for everybody who follows it, page by page; goes on where it was cut off. */
export class FanOut {
  readonly #deps: FanOutDeps
  constructor(deps: FanOutDeps) {
    this.#deps = deps
  }

  /** At most so many pages; whether everybody was told. `fresh`: what was just written, and told to nobody. */
  async run(
    eventId: string,
    { signal, pages, fresh }: { readonly signal: AbortSignal; readonly pages: number; readonly fresh?: Told | undefined },
  ): Promise<boolean> {
    let kept = fresh ?? (await findTold(this.#deps.database, eventId))
    // Further than what is kept by what has nobody to tell.
    let told = kept
    const themeOf = this.#rememberingTheme()
    for (let page = 0; page < pages; page++) {
      signal.throwIfAborted()
      if (!kept || !told || told.stage === 'done') return true
      const theme = await themeOf(told.event)
      const { to, tell } = theme ? await this.#step(told, theme) : over
      told = { ...told, ...to }
      if (!tell && to.stage !== 'done') continue
      kept = await this.#keep(kept, told, tell)
      told = kept
    }
    return told === undefined || told.stage === 'done'
  }

  /** What an event is about is looked at anew every second: feed and mail ask again before they show anything. */
  #rememberingTheme(): (event: NotedEvent) => Promise<Theme | undefined> {
    let known: { readonly theme: Theme | undefined; readonly until: number } | undefined
    return async (event) => {
      if (known === undefined || known.until < performance.now())
        known = { theme: await this.#deps.audience.themeOf(event), until: performance.now() + themeMs }
      return known.theme
    }
  }

  /** Tells, and where the telling is then: where somebody else has brought it, if somebody has. */
  async #keep(kept: Told, told: Told, tell: Step['tell']): Promise<Told | undefined> {
    const { database, transaction } = this.#deps
    const isKept = await transaction.run(async () => {
      await tell?.()
      return keepStage(database, kept, told)
    })
    return isKept ? told : findTold(database, kept.event.id)
  }

  /** What comes next, and where the telling is after it. */
  async #step(told: Told, theme: Theme): Promise<Step> {
    const { event, stage, place } = told
    if (stage === 'owners') {
      const names = told.owners && ruleOf(event.kind).owners ? await this.#ownersOf(event, theme) : []
      return { to: { stage: 'followers', place: null }, ...(names.length > 0 && { tell: () => this.#tellNamed(event, theme, names) }) }
    }
    const [who, next] = stage === 'webhooks' ? (['webhooks', 'owners'] as const) : (['users', 'done'] as const)
    const followers = await findFollowers(this.#deps.database, event, { who, after: place, limit: pageSize })
    const to = followers.length < pageSize ? { stage: next, place: null } : { stage, place: followers.at(-1)?.id ?? place }
    const tell = async (): Promise<void> => {
      const userIds = followers.flatMap(({ userId }) => userId ?? [])
      await this.#tellUsers(event, theme, userIds)
      await this.#tellWebhooks(event, followers)
    }
    return { to, ...(followers.length > 0 && { tell }) }
  }

  async #tellNamed(event: NotedEvent, theme: Theme, names: readonly string[]): Promise<void> {
    for (let from = 0; from < names.length; from += pageSize)
      await this.#tellUsers(event, theme, await userIdsByNames(this.#deps.database, names.slice(from, from + pageSize)))
  }

  /** Names of those who administer what it is about. */
  async #ownersOf({ artifactId }: NotedEvent, { resource: { accountId } }: Theme): Promise<string[]> {
    const { members, holders } = this.#deps
    const ofNamespace = accountId === null ? [] : await members.list(accountId)
    const ofArtifact =
      artifactId === null ? [] : [...(await holders.onArtifact(artifactId))].map(([username, role]) => ({ username, role }))
    const names = new Set([...ofNamespace, ...ofArtifact].filter(({ role }) => administers(role)).map(({ username }) => username))
    return [...names].sort()
  }

  async #tellUsers(event: NotedEvent, theme: Theme, userIds: readonly string[]): Promise<void> {
    if (userIds.length === 0) return
    const { database, transaction, onMail } = this.#deps
    const listening = await this.#whoMayHear(await recipientsByIds(database, userIds), theme)
    const now = new Date()
    const notices = listening.flatMap((recipient) => {
      const place = placeOf(recipient, event.kind, now)
      return place ? [{ id: uuidv7(), userId: recipient.userId, ...place }] : []
    })
    if (notices.length === 0) return
    const mailed = notices.filter(({ mailDueAt }) => mailDueAt !== null).map(({ userId }) => userId)
    await database.sql`
      insert into notification_notices (id, user_id, event_id, in_feed, mail_due_at)
      select n.id, n.user_id, ${event.id}::uuid, n.in_feed, n.mail_due_at from unnest(${notices.map(({ id }) => id)}::uuid[],
        ${notices.map(({ userId }) => userId)}::uuid[], ${notices.map(({ inFeed }) => inFeed)}::boolean[],
        ${notices.map(({ mailDueAt }) => mailDueAt)}::timestamptz[]) as n (id, user_id, in_feed, mail_due_at)
      on conflict (user_id, event_id) do nothing`
    if (mailed.length === 0) return
    await database.sql`insert into notification_mailboxes (user_id) select unnest(${mailed}::uuid[]) order by 1 on conflict do nothing`
    transaction.afterCommit(onMail)
  }

  async #whoMayHear(recipients: readonly Recipient[], theme: Theme): Promise<Recipient[]> {
    const { audience } = this.#deps
    const listening: Recipient[] = []
    for (let from = 0; from < recipients.length; from += atOnce) {
      const some = recipients.slice(from, from + atOnce)
      const answers = await Promise.all(some.map((recipient) => audience.mayHear({ principal: principalOf(recipient) }, theme)))
      listening.push(...some.filter((_recipient, index) => answers[index]))
    }
    return listening
  }

  /** Whether their namespace may hear of it is asked at every try. */
  async #tellWebhooks(event: NotedEvent, followers: readonly Follower[]): Promise<void> {
    const { database, transaction, onDeliveries } = this.#deps
    const webhookIds = [...new Set(followers.flatMap(({ webhookId }) => webhookId ?? []))]
    if (webhookIds.length === 0) return
    const ids = webhookIds.map(() => uuidv7())
    await database.sql`
      insert into notification_deliveries (id, webhook_id, event_id)
      select d.id, w.id, ${event.id}::uuid from unnest(${ids}::uuid[], ${webhookIds}::uuid[]) as d (id, webhook_id)
      join notification_webhooks w on w.id = d.webhook_id
      on conflict (webhook_id, event_id) where redelivers is null do nothing`
    transaction.afterCommit(onDeliveries)
  }
}

import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Events } from '../../../shared/kernel/events.ts'
import type { KernelInfo } from '../../../shared/kernel/kernel-info.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import type { Outbound } from '../../../shared/kernel/outbound.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { Audience } from '../audience.ts'
import { WebhookDisabled } from '../contract.ts'
import { principalOf, recipientsByIds } from '../recipients.queries.ts'
import {
  type Claimed,
  claimDue,
  disable,
  failWaitingOfDisabled,
  finishTry,
  markFailure,
  markSuccess,
  releaseClaim,
} from './delivery.queries.ts'
import { nextTryMs } from './retry-schedule.ts'
import { type Sent, sendMessage } from './send-message.ts'
import { withoutPath } from './webhook-url.ts'

/** Tries under way in this process, and of one webhook. */
const mostAtOnce = 32
const mostPerWebhook = 4

export interface DispatcherDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly outbound: Outbound
  readonly info: KernelInfo
  readonly log: Logger
  readonly audience: Audience
  readonly timeoutMs: number
  readonly disableDays: number
  /** From 0 to 1. */
  readonly random?: () => number
}

/**
 * Sends what is due. Beside the effects, because an endpoint that is slow must hold up nobody else: effects only wake it. What it has claimed
 * when it dies is free again a minute later, and is sent again with the same ids.
 */
export class DispatcherService implements AsyncDisposable {
  readonly #deps: DispatcherDeps
  readonly #stopping = new AbortController()
  // Without it, what is sent would run in the context of whoever woke it.
  readonly #detached = AsyncLocalStorage.snapshot()
  /** Tries under way, by webhook. */
  readonly #underWay = new Map<Promise<void>, string>()
  #pumping: Promise<void> | undefined
  #again = false

  constructor(deps: DispatcherDeps) {
    this.#deps = deps
  }

  /** Looks for due deliveries, now or right after the look that is under way. */
  kick(): void {
    this.#again = true
    if (this.#stopping.signal.aborted) return
    this.#pumping ??= this.#detached(() => this.#pump())
      .catch((error: unknown) => this.#deps.log.warn({ err: error }, 'webhook deliveries not claimed'))
      .finally(() => {
        this.#pumping = undefined
        if (this.#again) this.kick()
      })
  }

  /** Resolves when nothing is due or under way in this process. */
  async idle(): Promise<void> {
    while (this.#pumping || this.#underWay.size > 0) await Promise.all([this.#pumping, ...this.#underWay.keys()])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error('the process stops'))
    await this.idle()
  }

  async #pump(): Promise<void> {
    while (this.#again && !this.#stopping.signal.aborted) {
      this.#again = false
      if (this.#underWay.size >= mostAtOnce) return
      const limit = mostAtOnce - this.#underWay.size
      const claimed = await claimDue(this.#deps.database, { claim: randomUUID(), limit, perWebhook: mostPerWebhook, busy: this.#busy() })
      for (const one of claimed) this.#start(one)
      if (claimed.length > 0) this.#again = true
    }
  }

  #busy(): string[] {
    const counts = Map.groupBy(this.#underWay.values(), (webhookId) => webhookId)
    return [...counts].filter(([, { length }]) => length >= mostPerWebhook).map(([webhookId]) => webhookId)
  }

  #start(claimed: Claimed): void {
    const { log } = this.#deps
    const work: Promise<void> = this.#attempt(claimed)
      // Its claim runs out, and the next look finds it.
      .catch((error: unknown) => log.warn({ err: error, delivery: claimed.id }, 'webhook delivery not written down'))
      .finally(() => {
        this.#underWay.delete(work)
        this.kick()
      })
    this.#underWay.set(work, claimed.webhookId)
  }

  async #attempt(claimed: Claimed): Promise<void> {
    const { database, outbound, info, timeoutMs } = this.#deps
    if (!(await this.#mayHear(claimed))) {
      await finishTry(database, claimed, { tried: undefined, verdict: { state: 'withheld' } })
      return
    }
    const sent = await sendMessage(claimed, { outbound, source: info.publicUrl, timeoutMs, stopping: this.#stopping.signal })
    if (sent) await this.#settle(claimed, sent)
    else await releaseClaim(database, claimed)
  }

  /** Rights are those of now: of the user whose namespace it is, or of the organization. */
  async #mayHear({ event, accountId, isActive, namespaceId }: Claimed): Promise<boolean> {
    const { database, audience } = this.#deps
    if (!isActive) return false
    const theme = await audience.themeOf(event)
    if (!theme) return false
    if (await audience.mayHear({ accountId, namespaceId }, theme)) return true
    const [user] = accountId === null ? [] : await recipientsByIds(database, [accountId])
    return user !== undefined && audience.mayHear({ principal: { ...principalOf(user), isAdmin: false } }, theme)
  }

  async #settle(claimed: Claimed, { tried, retryAfterMs }: Sent): Promise<void> {
    const { database, transaction, disableDays, random = Math.random } = this.#deps
    const { webhookId, attempts, sinceMadeMs } = claimed
    const delivered = tried.error === null
    const isGone = tried.status === 410
    const failed = { tries: attempts + 1, sinceMadeMs, retryAfterMs, random: random() }
    const inMs = delivered || isGone ? undefined : nextTryMs(failed)
    const state = delivered ? 'delivered' : 'failed'
    await transaction.run(async () => {
      if (!(await finishTry(database, claimed, { tried, verdict: inMs === undefined ? { state } : { state: 'waiting', inMs } }))) return
      if (delivered) return markSuccess(database, webhookId)
      const isOver = await markFailure(database, webhookId, disableDays)
      if (isGone) await this.#disable(claimed, 'it answered 410 Gone')
      else if (isOver) await this.#disable(claimed, `it failed for more than ${disableDays} days`)
    })
  }

  async #disable({ webhookId, url, event }: Claimed, reason: string): Promise<void> {
    const { database, transaction, events, log } = this.#deps
    if (!(await disable(database, webhookId, reason))) return
    const [owner] = await database.sql<{ namespace: string }>`
      select n.name as namespace from notification_webhooks w join namespaces n on n.id = w.namespace_id where w.id = ${webhookId}::uuid`
    await events.emit(WebhookDisabled, { webhookId, namespace: owner?.namespace ?? event.namespace, url: withoutPath(url), reason })
    transaction.afterCommit(() => {
      failWaitingOfDisabled(database).catch((error: unknown) => log.warn({ err: error }, 'deliveries of a disabled webhook not settled'))
    })
  }
}

export const Dispatcher = service<DispatcherService>('notifications.dispatcher')

import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash, randomUUID } from 'node:crypto'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { KernelInfo } from '../../../shared/kernel/kernel-info.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import { service } from '../../../shared/kernel/service.ts'
import { within } from '../../../shared/kernel/within.ts'
import type { Audience } from '../audience.ts'
import { principalOf, type Recipient, recipientsByIds } from '../recipients.queries.ts'
import { sentenceOf } from '../wording.ts'
import { type Letter, renderHtml, renderSubject, renderText } from './mail-template.ts'
import {
  claimMailbox,
  type DueNotice,
  dueNotices,
  type Mailbox,
  releaseMailbox,
  type Settlement,
  settleMailbox,
} from './mailbox.queries.ts'
import { isAddress, MailDeferred, type Mailer, MailRefused, MailUnavailable } from './mailer.ts'
import type { UnsubscribeTokens } from './unsubscribe-tokens.ts'

const minuteMs = 60_000
const mostFailures = 8
/** Boxes in a row that cannot be served: it is not them. */
const mostInVain = 3
const firstRestMs = 5_000
const longestRestMs = 5 * minuteMs
/** A mail that is under way may end; one that is cut comes again, with the same Message-ID. */
const stopMs = 5_000

export interface PostOfficeDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly info: KernelInfo
  readonly log: Logger
  readonly audience: Audience
  readonly mailer: Mailer
  readonly tokens: UnsubscribeTokens
  readonly mailsPerHour: number
  readonly bounceLimit: number
}

/** Sends the mail that is due: one to a user, with all that is due to it. Beside the effects, because a mail server may be slow. */
export class PostOfficeService implements AsyncDisposable {
  readonly #deps: PostOfficeDeps
  // Without it, mail would be sent in the context of whoever woke it.
  readonly #detached = AsyncLocalStorage.snapshot()
  #working: Promise<void> | undefined
  /** Boxes this process could not serve, and until when it looks at others first. */
  readonly #resting = new Map<string, { readonly times: number; readonly until: number }>()
  #again = false
  #stopped = false

  constructor(deps: PostOfficeDeps) {
    this.#deps = deps
  }

  /** Looks for due mail, now or right after the look that is under way. */
  kick(): void {
    this.#again = true
    if (this.#stopped) return
    this.#working ??= this.#detached(() => this.#work())
      .catch((error: unknown) => this.#deps.log.warn({ err: error }, 'mail not sent, will be tried again'))
      .finally(() => {
        this.#working = undefined
        if (this.#again) this.kick()
      })
  }

  async idle(): Promise<void> {
    while (this.#working) await this.#working
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    await within(stopMs, this.idle())
    await this.#deps.mailer.close()
  }

  /** Ends when several mails in a row show that none goes out: the next look tries again. */
  async #work(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      const failed: string[] = []
      let inVain = 0
      for (let box = await this.#claim(failed); box && !this.#stopped; box = await this.#claim(failed)) {
        try {
          await this.#serve(box)
          this.#resting.delete(box.userId)
          inVain = 0
        } catch (error) {
          failed.push(box.userId)
          this.#rest(box.userId)
          if (++inVain >= mostInVain) throw error
          this.#deps.log.warn({ err: error }, 'mail of one user not sent, will be tried again')
        }
      }
    }
  }

  #claim(failed: readonly string[]): Promise<Mailbox | undefined> {
    const now = Date.now()
    for (const [userId, { until }] of this.#resting) if (until < now - longestRestMs) this.#resting.delete(userId)
    const resting = [...this.#resting].filter(([, { until }]) => until > now).map(([userId]) => userId)
    return claimMailbox(this.#deps.database, { claim: randomUUID(), except: [...failed, ...resting] })
  }

  /** Of those that fail again and again, others must not wait: whether it is their mail or all mail cannot be told from here. */
  #rest(userId: string): void {
    const times = (this.#resting.get(userId)?.times ?? 0) + 1
    const restMs = times === 1 ? 0 : Math.min(longestRestMs, firstRestMs * 2 ** Math.min(times, 10))
    this.#resting.set(userId, { times, until: Date.now() + restMs })
  }

  /** Throws what is not the mailbox's fault, as far as it can be told. */
  async #serve(box: Mailbox): Promise<void> {
    const { database, transaction, log } = this.#deps
    try {
      const settlement = await this.#send(box).catch((error: unknown) => {
        if (error instanceof MailUnavailable) throw error
        log.warn({ err: error, user: box.userId }, 'mail not made, will be tried again')
        return deferred(box)
      })
      await transaction.run(() => settleMailbox(database, box, settlement))
    } catch (error) {
      await releaseMailbox(database, box)
      throw error
    }
  }

  async #send(box: Mailbox): Promise<Settlement> {
    const { database, mailer, mailsPerHour } = this.#deps
    const [recipient] = await recipientsByIds(database, [box.userId])
    const to = recipient?.email ?? null
    if (!recipient?.mailEnabled || to === null || !isAddress(to)) return { notices: 'dropped' }
    // Another address is another chance.
    if (box.blockedReason !== null && box.bouncedAddress === to) return { notices: 'dropped' }
    if (box.sent >= mailsPerHour) return { notices: { later: 'next-hour' } }
    const due = await dueNotices(database, box)
    // Rights are those of now.
    const told = await this.#deps.audience.heard({ principal: principalOf(recipient) }, due)
    // Those behind may be visible: they are due as before, for the next look at this box.
    if (told.length === 0) return { notices: 'dropped', upTo: due.at(-1)?.noticeId }
    const letter = this.#letter(recipient, told)
    try {
      const bodies = { subject: renderSubject(letter), text: renderText(letter), html: renderHtml(letter) }
      await mailer.send({ to, ...bodies, messageId: this.#messageId(told), unsubscribeUrl: letter.unsubscribeUrl })
      // What did not fit is due as before: it comes in the next mail.
      return { notices: 'sent', upTo: due.at(-1)?.noticeId }
    } catch (error) {
      return this.#failed(box, { to, error })
    }
  }

  /** Throws what says that no mail goes out at all. */
  #failed({ failures, bounces, bouncedAddress }: Mailbox, { to, error }: { readonly to: string; readonly error: unknown }): Settlement {
    const { log, bounceLimit } = this.#deps
    if (error instanceof MailRefused) {
      const inARow = (bouncedAddress === to ? bounces : 0) + 1
      log.warn({ err: error, inARow }, 'mail refused')
      const block = inARow >= bounceLimit ? { block: `the address refused mail ${inARow} times in a row` } : {}
      return { notices: 'dropped', bounce: to, ...block }
    }
    if (!(error instanceof MailDeferred)) throw error
    return deferred({ failures })
  }

  #letter({ username, userId }: Recipient, told: readonly DueNotice[]): Letter {
    const { publicUrl } = this.#deps.info
    const lines = told.map((notice) => ({ text: sentenceOf(notice), url: urlOf(publicUrl, notice) }))
    return {
      lines,
      username,
      registryUrl: publicUrl,
      unsubscribeUrl: `${publicUrl}/v1/unsubscribe/${this.#deps.tokens.make(userId)}`,
    }
  }

  #messageId(told: readonly DueNotice[]): string {
    const hash = createHash('sha256')
      .update(told.map(({ noticeId }) => noticeId).join())
      .digest('hex')
      .slice(0, 40)
    return `<${hash}@${URL.parse(this.#deps.info.publicUrl)?.hostname ?? 'localhost'}>`
  }
}

const deferred = ({ failures }: Pick<Mailbox, 'failures'>): Settlement => ({
  notices: failures + 1 >= mostFailures ? 'dropped' : { later: 5 * minuteMs * 2 ** Math.min(failures, 6) },
})

const urlOf = (publicUrl: string, { namespace, name, format }: DueNotice): string | null =>
  name === null ? null : `${publicUrl}/v1/artifacts/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}?format=${format ?? ''}`

export const PostOffice = service<PostOfficeService>('notifications.post-office')

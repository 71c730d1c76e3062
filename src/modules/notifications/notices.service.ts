import { Type } from '@sinclair/typebox'
import type { Database } from '../../shared/kernel/database.ts'
import { defineEffect, onDemand } from '../../shared/kernel/effect.ts'
import type { Effects } from '../../shared/kernel/effects.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import { requestContext } from '../../shared/kernel/request-context.ts'
import { service } from '../../shared/kernel/service.ts'
import type { Records } from '../metadata/records.contract.ts'
import type { Audience } from './audience.ts'
import { findUnfinished, putOff, writeEvent } from './event.queries.ts'
import type { FanOut } from './fan-out.ts'
import { type NoticeKind, ruleOf } from './kinds.ts'
import { News } from './news.ts'
import { boundedData, idWithin, instantOf, type NotedEvent } from './noted-event.ts'

const unfinishedAtOnce = 100
/** An event with more followers is finished apart, so that it holds up no other one. */
const fewPages = 6

/** What events of other modules have in common: some are about an artifact, some about a namespace. */
export interface Fact {
  readonly artifactId?: string
  readonly namespace?: string
  readonly manifestDigest?: string
  readonly advisoryId?: string
  readonly tag?: string
  readonly riskLevel?: string
  readonly securityScore?: number
  readonly vulnerabilities?: number
  readonly malicious?: boolean
}

interface Telling {
  readonly id: string
  readonly kind: NoticeKind
  readonly fact: Fact
  readonly signal: AbortSignal
}

/** A version breaks, or is deprecated, that others take. */
export interface DependencyFact {
  readonly artifactId: string
  readonly namespace: string
  readonly name: string
  readonly version: string
  readonly cause: string
  readonly reason: string
  readonly dependants: readonly { readonly artifactId: string; readonly range: string }[]
}

export interface NoticesDeps {
  readonly database: Database
  readonly effects: Effects
  readonly log: Logger
  readonly records: Records
  readonly audience: Audience
  readonly fanOut: FanOut
}

/** Clients make such tags of digests, to attach signatures and the like: nobody's news. */
const attachmentTag = /^sha(?:256|512)-[0-9a-f]{64}/

/** Of the event whose effect runs. */
function eventId(): string {
  const id = requestContext()?.requestId
  if (id === undefined) throw new Error('a notice is of an event, which has an id')
  return id
}

/** Writes down what happened and tells it to those who follow it. */
export class NoticesService {
  readonly #deps: NoticesDeps
  readonly #news: News

  constructor(deps: NoticesDeps) {
    this.#deps = deps
    this.#news = new News(deps.database)
  }

  /** In the run of an effect on the event, as often as it comes: each follower is told once. Nothing for what is not there any more. */
  async note(kind: NoticeKind, fact: Fact, signal: AbortSignal): Promise<void> {
    await this.#tell({ id: eventId(), kind, fact, signal })
  }

  /** To those who maintain what depends on it, each about their own artifact alone: which others there are is nobody's business. */
  async noteDependants({ dependants, ...fact }: DependencyFact, signal: AbortSignal): Promise<void> {
    const { artifactId: dependencyId, version: dependencyVersion, cause, reason } = fact
    const dependency = `${fact.namespace}/${fact.name}`
    for (const { artifactId, range } of dependants) {
      signal.throwIfAborted()
      const about = { artifactId, dependencyId, dependency, dependencyVersion, range, cause, reason }
      await this.#tell({ id: idWithin(eventId(), artifactId), kind: 'timescape.dependants_affected', fact: about, signal })
    }
  }

  async #tell({ id, kind, fact, signal }: Telling): Promise<void> {
    const { database, effects, fanOut } = this.#deps
    if (kind === 'metadata.tag_moved' && attachmentTag.test(fact.tag ?? '')) return
    const { artifactId, manifestDigest = null, advisoryId = null } = fact
    const owners = ruleOf(kind).owners && (kind !== 'scanning.scan_completed' || (await this.#isNews(id, fact)))
    if (artifactId !== undefined && !owners && !(await this.#news.isFollowed({ artifactId, advisoryId }))) return
    const about = await this.#about(fact)
    if (!about) return
    const event = { id, kind, at: instantOf(eventId()), ...about, manifestDigest, advisoryId, data: boundedData({ ...fact }) }
    const isNew = await writeEvent(database, event, { owners })
    const fresh = isNew ? ({ event, owners, stage: 'webhooks', place: null } as const) : undefined
    if (!(await fanOut.run(id, { signal, pages: fewPages, fresh }))) await effects.request(tellRest, { eventId: id })
  }

  /** Whether owners do not know yet what a scan says: what it said before, or that all is well while nothing else was ever said. */
  async #isNews(id: string, { artifactId, manifestDigest, riskLevel, securityScore, vulnerabilities, malicious }: Fact): Promise<boolean> {
    if (artifactId === undefined || manifestDigest === undefined) return true
    const before = await this.#news.scanBefore({ id, artifactId, manifestDigest })
    if (before === undefined) return vulnerabilities !== 0 || malicious !== false || riskLevel !== 'low'
    return before['securityScore'] !== securityScore || before['vulnerabilities'] !== vulnerabilities || before['malicious'] !== malicious
  }

  /** Everybody else, apart from events that have few followers. */
  async tellRest(eventId: string, signal: AbortSignal): Promise<void> {
    await this.#deps.fanOut.run(eventId, { signal, pages: Number.POSITIVE_INFINITY })
  }

  /** Goes on with what a killed worker left; the effect itself would come again too, unless it is a dead letter. */
  async finish(signal: AbortSignal): Promise<number> {
    const { database, log } = this.#deps
    let finished = 0
    for (const { id } of await findUnfinished(database, unfinishedAtOnce))
      try {
        await this.tellRest(id, signal)
        finished += 1
      } catch (error) {
        if (signal.aborted) throw error
        // Others do not wait for it.
        log.warn({ err: error, event: id }, 'event not told to the rest of its followers, will be tried again')
        await putOff(database, id)
      }
    return finished
  }

  async #about({
    artifactId,
    namespace,
  }: Fact): Promise<Pick<NotedEvent, 'namespaceId' | 'namespace' | 'artifactId' | 'name' | 'format'> | undefined> {
    const { records, audience } = this.#deps
    if (artifactId !== undefined) {
      const located = await records.located(artifactId)
      if (!located) return undefined
      const { name, format } = located.artifact
      return { namespaceId: located.namespace.id, namespace: located.namespace.name, artifactId, name, format }
    }
    const found = namespace === undefined ? undefined : await audience.namespace(namespace)
    return found && { namespaceId: found.id, namespace: found.name, artifactId: null, name: null, format: null }
  }
}

export const Notices = service<NoticesService>('notifications.notices')

export const tellRest = defineEffect({
  name: 'notifications.tell-rest',
  trigger: onDemand(Type.Object({ eventId: Type.String() })),
  deps: { notices: Notices },
  attempts: 8,
  concurrency: 4,
  timeoutMs: 1_800_000,
  run: ({ eventId }, { notices }, { signal }) => notices.tellRest(eventId, signal),
})

import { randomBytes } from 'node:crypto'
import type { Logger } from './logger.ts'

/** How often a process sends itself a heartbeat. */
export const heartbeatMs = 1_000
const lateMs = 2_000
const tooManyUnanswered = 4
/** Postgres refuses a notification of 8,000 bytes; what the message leaves is for the header. */
const maxMessageBytes = 7_500
const maxPayloadBytes = 7_999

type Kind = 'message' | 'heartbeat' | 'reset'
const payloadPattern = /^(message|heartbeat|reset) (\S+) (\S+) \d+ (.*)$/s

/** The part of a channel that does not depend on what carries its payloads. */
export class ChannelTraffic {
  readonly #sender: string
  readonly #log: Logger
  readonly #listeners = new Map<string, Set<(message: string) => void>>()
  readonly #resetListeners = new Set<() => void>()
  /** When the last heartbeat that came back was sent: whatever was published before has arrived. */
  #provenAt = Number.NEGATIVE_INFINITY
  #unanswered = 0
  #sent = 0
  #down = false
  #lost = false

  constructor(instanceId: string, log: Logger) {
    // The random part keeps two processes apart that were given one id by mistake.
    this.#sender = `${encodeURIComponent(instanceId)}.${randomBytes(6).toString('hex')}`
    this.#log = log
  }

  get live(): boolean {
    return performance.now() - this.#provenAt <= lateMs
  }

  /** True when the connection looks open but nothing comes back. */
  get mute(): boolean {
    return this.#unanswered >= tooManyUnanswered
  }

  on(topic: string, listener: (message: string) => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  onReset(listener: () => void): () => void {
    this.#resetListeners.add(listener)
    return () => this.#resetListeners.delete(listener)
  }

  /** The payload to send, or undefined for a message that no driver could carry: then it is logged and counts as lost. */
  encode(topic: string, message: string): string | undefined {
    const payload = this.#payload('message', topic, message)
    const bytes = Buffer.byteLength(message)
    if (bytes <= maxMessageBytes && Buffer.byteLength(payload) <= maxPayloadBytes && !message.includes('\0')) return payload
    this.#log.error({ topic, bytes, maxBytes: maxMessageBytes }, 'channel message refused: too long, or it contains NUL')
    this.lost()
    return undefined
  }

  /** A message did not leave: the others are told to drop everything as soon as something can be sent again. */
  lost(): void {
    this.#lost = true
  }

  /** What is due every second: a reset for the others when a message of ours was lost, and the heartbeat. */
  beat(): string[] {
    this.#unanswered++
    const heartbeat = this.#payload('heartbeat', '-', String(performance.now()))
    if (!this.#lost) return [heartbeat]
    this.#lost = false
    return [this.#payload('reset', '-', ''), heartbeat]
  }

  receive(payload: string): void {
    const [, kind, sender, topic, message] = payloadPattern.exec(payload) ?? []
    if (kind === undefined || sender === undefined || topic === undefined || message === undefined) {
      this.#log.warn({ bytes: Buffer.byteLength(payload) }, 'channel payload not understood')
      return
    }
    const own = sender === this.#sender
    if (kind === 'heartbeat' && own) this.#heard(Number(message))
    if (own || kind === 'heartbeat') return
    if (kind === 'reset') this.#callAll(this.#resetListeners, undefined)
    else this.#callAll(this.#listeners.get(decodeURIComponent(topic)) ?? [], message)
  }

  /** The connection listens from now on; what was sent before may have been missed. */
  connected(): void {
    this.#unanswered = 0
    this.#callAll(this.#resetListeners, undefined)
  }

  /** Logged once until the next heartbeat comes back. */
  disconnected(error: unknown): void {
    this.#provenAt = Number.NEGATIVE_INFINITY
    this.#unanswered = 0
    if (!this.#down) this.#log.warn({ err: error }, 'channel connection lost')
    this.#down = true
  }

  close(): void {
    this.#provenAt = Number.NEGATIVE_INFINITY
    this.#listeners.clear()
    this.#resetListeners.clear()
  }

  #heard(sentAt: number): void {
    this.#provenAt = Math.max(this.#provenAt, sentAt)
    this.#unanswered = 0
    if (this.#down) this.#log.info({}, 'channel connection restored')
    this.#down = false
  }

  /** The counter keeps equal messages apart: Postgres drops a notification that repeats one of the same transaction. */
  #payload(kind: Kind, topic: string, message: string): string {
    return `${kind} ${this.#sender} ${encodeURIComponent(topic)} ${this.#sent++} ${message}`
  }

  #callAll<T>(listeners: Iterable<(value: T) => void>, value: T): void {
    for (const listener of [...listeners]) {
      try {
        listener(value)
      } catch (error) {
        this.#log.error({ err: error }, 'channel listener failed')
      }
    }
  }
}

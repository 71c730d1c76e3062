import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { BadExchange, BodyTooLarge } from './http-errors.ts'
import { asTransient } from './transient-bytes.ts'

export interface RequestBodyOptions {
  /** Longest wait for the next byte while somebody wants one. */
  readonly idleMs: number
  readonly maxBytes: number
  /** Called before the first read. */
  readonly onStart: () => void
}

/**
 * The body of a request. Nothing is read before its consumer reads, and destroying it leaves the connection alone,
 * so that a consumer which fails half way can still be answered for. Fails with `BadExchange` 408 when bytes stop coming
 * (D-16; there is no limit on the whole, D-17), 413 beyond `maxBytes`, and 400 when the client leaves before the end.
 */
export class RequestBody extends Readable {
  readonly #raw: IncomingMessage
  readonly #options: RequestBodyOptions
  #started = false
  #ended = false
  #received = 0
  #timer: NodeJS.Timeout | undefined

  constructor(raw: IncomingMessage, options: RequestBodyOptions) {
    // Chunk by chunk: what has come meanwhile would be copied together otherwise. A chunk has 64 KiB at most.
    super({ objectMode: true, highWaterMark: 4 })
    this.#raw = raw
    this.#options = options
    // A body nobody reads any more may still fail; its reader, if there is one, hears of it all the same.
    this.on('error', () => {})
  }

  /** Some of it was asked for, and the rest has not come yet. */
  get underway(): boolean {
    return this.#started && !this.#ended
  }

  get ended(): boolean {
    return this.#ended
  }

  override _read(): void {
    if (!this.#started) this.#start()
    this.#timer ??= setTimeout(() => this.#timeOut(), this.#options.idleMs)
    this.#timer.refresh()
    this.#raw.resume()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#disarm()
    this.#raw.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose).off('error', this.#onClose)
    // What has arrived is dropped, what has not is not read.
    if (this.underway && this.#raw.complete) this.#raw.resume()
    else if (this.underway) this.#raw.pause()
    done(error)
  }

  #start(): void {
    this.#started = true
    this.#options.onStart()
    if (this.#raw.destroyed) {
      this.#onClose()
      return
    }
    this.#raw.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose).on('error', this.#onClose)
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#received += chunk.length
    if (this.#received > this.#options.maxBytes) this.destroy(new BodyTooLarge())
    else this.#take(chunk)
  }

  #take(chunk: Buffer): void {
    // What comes through a socket was made for this body; an injected request brings the buffers of its sender.
    if (this.push(this.#raw.socket instanceof Socket ? asTransient(chunk) : chunk)) {
      this.#timer?.refresh()
      return
    }
    this.#disarm()
    this.#raw.pause()
  }

  readonly #onEnd = (): void => {
    this.#disarm()
    this.#ended = true
    this.push(null)
  }

  readonly #onClose = (): void => {
    if (!this.#ended) this.destroy(new BadExchange(400, 'request.truncated', 'the client left before the end of the body'))
  }

  #timeOut(): void {
    this.destroy(new BadExchange(408, 'request.body_timeout', 'no byte of the body came for too long'))
  }

  #disarm(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

export const hasBody = (headers: IncomingHttpHeaders): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

/** So much is read of a body nobody wants, or of one whose sender is unknown (D-26). */
export const unwantedBytes = 65_536
const lingerMs = 1_000

/** Whether the connection cannot be used again after the answer, because the rest of the body would have to be read first. */
export function mustClose(raw: IncomingMessage, body: RequestBody | undefined, awaitsContinue: boolean): boolean {
  if (raw.complete || body?.ended || !hasBody(raw.headers)) return false
  const length = Number(raw.headers['content-length'] ?? Number.POSITIVE_INFINITY)
  return awaitsContinue || body?.underway === true || length > unwantedBytes
}

/**
 * Ends the connection after the answer without reading on. It lingers for a second, because a reset sent while the client is
 * still writing would make many clients lose the answer.
 */
export function closeAfterAnswer(raw: IncomingMessage): void {
  const { socket } = raw
  raw.pause()
  // Asking for nothing marks the body as taken; node would read all of it otherwise.
  raw.read(0)
  socket.destroySoon = () => {
    socket.end()
    setTimeout(() => socket.destroy(), lingerMs).unref()
  }
}

import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import type { Channel } from './channel.ts'
import { ChannelTraffic, heartbeatMs } from './channel-traffic.ts'
import type { Logger } from './logger.ts'

const answerMs = 2_000
const firstRetryMs = 100
const lastRetryMs = 2_000
const batchSize = 200
/** Short enough that nobody notices, long enough that publishes at once share a statement. */
const gatherMs = 5
const maxQueued = 10_000

interface PostgresChannelOptions {
  readonly url: string
  readonly log: Logger
  readonly instanceId: string
}

/**
 * A channel on LISTEN/NOTIFY over one connection of its own (never a transaction-pooling proxy: then it is never live). Resolves after
 * the first attempt to connect, successful or not; from then on it reconnects by itself. Messages are limited to 7,500 bytes.
 */
export async function openPostgresChannel(options: PostgresChannelOptions): Promise<Channel & { close(): Promise<void> }> {
  const channel = new PostgresChannel(options)
  await channel.open()
  return channel
}

interface Connection {
  readonly client: Client
  readonly socket: Socket
  listening: boolean
}

class PostgresChannel implements Channel {
  readonly #options: PostgresChannelOptions
  readonly #traffic: ChannelTraffic
  #connection: Connection | undefined
  #queue: string[] = []
  #sending: Promise<void> | undefined
  #retryMs = firstRetryMs
  #retry: NodeJS.Timeout | undefined
  #heartbeat: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: PostgresChannelOptions) {
    this.#options = options
    this.#traffic = new ChannelTraffic(options.instanceId, options.log)
  }

  async open(): Promise<void> {
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs).unref()
    await this.#connect()
    await this.#sending
  }

  get live(): boolean {
    return this.#traffic.live
  }

  on(topic: string, listener: (message: string) => void): () => void {
    return this.#traffic.on(topic, listener)
  }

  onReset(listener: () => void): () => void {
    return this.#traffic.onReset(listener)
  }

  publish(topic: string, message: string): void {
    if (this.#closed) return
    const payload = this.#traffic.encode(topic, message)
    if (payload === undefined) return
    if (!this.#connection?.listening || this.#queue.length >= maxQueued) {
      this.#traffic.lost()
      return
    }
    this.#send([payload])
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#heartbeat)
    clearTimeout(this.#retry)
    await this.#sending
    this.#traffic.close()
    const connection = this.#connection
    this.#connection = undefined
    if (!connection) return
    await Promise.race([connection.client.end(), delay(answerMs, undefined, { ref: false })]).catch(() => undefined)
    connection.socket.destroy()
  }

  async #connect(): Promise<void> {
    const connection = this.#createConnection()
    this.#connection = connection
    try {
      await connection.client.connect()
      await connection.client.query('listen gati_channel')
    } catch (error) {
      this.#lose(connection, error)
      return
    }
    if (this.#connection !== connection) return
    connection.listening = true
    this.#retryMs = firstRetryMs
    this.#traffic.connected()
    this.#beat()
  }

  #createConnection(): Connection {
    const socket = new Socket()
    const client = new Client({
      connectionString: this.#options.url,
      application_name: 'gati-registry channel',
      connectionTimeoutMillis: answerMs,
      query_timeout: answerMs,
      keepAlive: true,
      stream: () => socket,
    })
    const connection = { client, socket, listening: false }
    client.on('error', (error) => this.#lose(connection, error))
    client.on('end', () => this.#lose(connection, undefined))
    client.on('notification', ({ payload }) => {
      if (this.#connection === connection && connection.listening && payload) this.#traffic.receive(payload)
    })
    return connection
  }

  #lose(connection: Connection, error: unknown): void {
    if (this.#connection !== connection) return
    this.#connection = undefined
    connection.socket.destroy()
    if (this.#closed) return
    this.#traffic.disconnected(error)
    this.#retry = setTimeout(() => void this.#connect(), this.#retryMs).unref()
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs)
  }

  #beat(): void {
    const connection = this.#connection
    if (!connection?.listening) return
    if (this.#traffic.mute) this.#lose(connection, new Error('The channel gives no answer'))
    else this.#send(this.#traffic.beat())
  }

  #send(payloads: readonly string[]): void {
    this.#queue.push(...payloads)
    this.#sending ??= this.#drain().finally(() => {
      this.#sending = undefined
    })
  }

  /** One statement at a time: what is published meanwhile travels in the next one. */
  async #drain(): Promise<void> {
    // Messages of a moment share a statement: each takes a lock of the whole cluster.
    await delay(gatherMs, undefined, { ref: false })
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, batchSize)
      try {
        if (!this.#connection?.listening) throw new Error('The channel is not connected')
        // Nobody waits for the disk: after a crash there is nobody left who would have to hear it.
        await this.#connection.client.query(
          "with relaxed as materialized (select set_config('synchronous_commit', 'off', true)) select pg_notify('gati_channel', payload) from relaxed, unnest($1::text[]) as payload",
          [batch],
        )
      } catch (error) {
        this.#queue = []
        this.#traffic.lost()
        if (this.#connection?.listening) this.#options.log.error({ err: error, messages: batch.length }, 'channel messages not sent')
      }
    }
  }
}

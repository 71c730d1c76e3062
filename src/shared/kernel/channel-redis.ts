import { Redis } from 'ioredis'
import type { Channel } from './channel.ts'
import { ChannelTraffic, heartbeatMs } from './channel-traffic.ts'
import type { Logger } from './logger.ts'

const answerMs = 2_000

interface RedisChannelOptions {
  readonly url: string
  readonly log: Logger
  readonly instanceId: string
  /** Keeps registries apart that share one Redis. */
  readonly registryId?: string
}

/**
 * A channel on Redis pub/sub: one connection listens, one publishes. Resolves after the first attempt to connect, successful or not; from
 * then on it reconnects by itself. Messages are limited to 7,500 bytes, as on Postgres.
 */
export async function openRedisChannel(options: RedisChannelOptions): Promise<Channel & { close(): Promise<void> }> {
  const channel = new RedisChannel(options)
  await channel.open()
  return channel
}

/** Commands fail at once while there is no connection, instead of waiting for the next one. */
function connection({ url, instanceId }: RedisChannelOptions): Redis {
  return new Redis(url, {
    connectionName: `gati-channel:${encodeURIComponent(instanceId)}`,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: answerMs,
    commandTimeout: answerMs,
    socketTimeout: 2 * answerMs,
    retryStrategy: (times) => Math.min(100 * 2 ** (times - 1), 2_000),
  })
}

class RedisChannel implements Channel {
  readonly #traffic: ChannelTraffic
  readonly #publisher: Redis
  readonly #subscriber: Redis
  readonly #name: string
  #heartbeat: NodeJS.Timeout | undefined
  #subscribing: Promise<void> | undefined
  #closed = false

  constructor(options: RedisChannelOptions) {
    this.#traffic = new ChannelTraffic(options.instanceId, options.log)
    this.#publisher = connection(options)
    this.#subscriber = connection(options)
    // Redis delivers across its databases.
    this.#name = `gati:channel:${this.#publisher.options.db ?? 0}:${options.registryId ?? ''}`
    for (const redis of [this.#publisher, this.#subscriber]) {
      redis.on('error', (error) => this.#lose(error))
      redis.on('close', () => this.#lose(undefined))
    }
    this.#publisher.on('ready', () => this.#beat())
    this.#subscriber.on('message', (_name, payload) => this.#traffic.receive(payload))
    this.#subscriber.on('ready', () => {
      this.#subscribing = this.#subscribe()
    })
  }

  async open(): Promise<void> {
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs).unref()
    await Promise.allSettled([this.#publisher.connect(), this.#subscriber.connect()])
    await this.#subscribing
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
    if (payload !== undefined) this.#send(payload)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#heartbeat)
    // QUIT is answered after whatever was published before it.
    await this.#publisher.quit().catch(() => undefined)
    this.#traffic.close()
    this.#publisher.disconnect()
    this.#subscriber.disconnect()
  }

  async #subscribe(): Promise<void> {
    try {
      await this.#subscriber.subscribe(this.#name)
    } catch (error) {
      this.#lose(error)
      return
    }
    this.#traffic.connected()
    this.#beat()
  }

  /** Without the publisher the own heartbeat stays away too, so either connection counts. */
  #lose(error: unknown): void {
    if (!this.#closed) this.#traffic.disconnected(error)
  }

  #beat(): void {
    if (this.#closed || this.#publisher.status !== 'ready' || this.#subscriber.status !== 'ready') return
    if (this.#traffic.mute) {
      this.#lose(new Error('The channel gives no answer'))
      this.#subscriber.disconnect(true)
      return
    }
    for (const payload of this.#traffic.beat()) this.#send(payload)
  }

  #send(payload: string): void {
    this.#publisher.publish(this.#name, payload).catch(() => this.#traffic.lost())
  }
}

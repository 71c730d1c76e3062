import { setTimeout as delay } from 'node:timers/promises'
import type { Channel } from '../../src/shared/kernel/channel.ts'
import { type OpenDatabase, openDatabase } from '../../src/shared/kernel/database.ts'
import type { Effect } from '../../src/shared/kernel/effect.ts'
import { createEffects, type EffectsEngine, type EffectTiming } from '../../src/shared/kernel/effects-engine.ts'
import { migrationFolders } from '../../src/shared/kernel/kernel-database.ts'
import { migrate } from '../../src/shared/kernel/migrate.ts'
import { createEvents, createOutbox, type LocalEvents } from '../../src/shared/kernel/outbox.ts'
import type { Tracing } from '../../src/shared/kernel/tracing.ts'
import { type RecordedLog, recordLog } from '../../src/shared/testing/record-log.ts'
import { createTestDatabase, type TestDatabase } from '../../src/shared/testing/test-database.ts'

/** One process of a registry, as far as events and effects go. */
export interface EffectsProcess extends OpenDatabase {
  readonly events: LocalEvents
  readonly engine: EffectsEngine
  readonly log: RecordedLog
  stop(): Promise<void>
}

export interface ProcessOptions {
  readonly effects: readonly Effect<never>[]
  readonly role?: 'all' | 'api' | 'worker'
  readonly timing?: Partial<EffectTiming>
  readonly drainTimeoutMs?: number
  readonly tracing?: Tracing
}

/** A database and the processes on it. */
export interface EffectsFixture extends AsyncDisposable {
  readonly database: TestDatabase
  start(options: ProcessOptions): Promise<EffectsProcess>
}

export async function createEffectsFixture(redisUrl = ''): Promise<EffectsFixture> {
  const database = await createTestDatabase()
  const channels = createChannels()
  const stops = new Set<() => Promise<void>>()
  return {
    database,
    async start({ effects, role = 'all', timing, drainTimeoutMs = 5_000, tracing }) {
      const log = recordLog()
      const open = await openDatabase({
        url: database.url,
        poolSize: 6,
        statementTimeoutMs: 10_000,
        lockTimeoutMs: 5_000,
        entities: [],
        log,
      })
      await migrate(open, migrationFolders([]), log)
      const instanceId = `process-${stops.size}`
      const outbox = createOutbox(open.database, open.transaction)
      const events = createEvents({ ...open, outbox, log, instanceId })
      const shared = { role, databaseUrl: database.url, redisUrl, channel: channels(), events, log, instanceId, drainTimeoutMs, tracing }
      const engine = createEffects({ database: open.database, transaction: open.transaction, outbox, ...shared, ...(timing && { timing }) })
      engine.start(effects.map((effect) => ({ effect, run: effect.bind(() => unresolvable()) })))
      let stopped: Promise<void> | undefined
      const stop = (): Promise<void> => {
        stopped ??= engine.stop().then(() => open.close())
        return stopped
      }
      stops.add(stop)
      return { ...open, events, engine, log, stop }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...stops].map((stop) => stop()))
      await database[Symbol.asyncDispose]()
    },
  }
}

const unresolvable = (): never => {
  throw new Error('effects of this fixture have no dependencies')
}

type Listener = (message: string) => void

/** Channels that reach each other without a server. */
function createChannels(): () => Channel {
  const all: Map<string, Listener[]>[] = []
  return () => {
    const own = new Map<string, Listener[]>()
    all.push(own)
    const others = (topic: string): Listener[] => all.filter((other) => other !== own).flatMap((other) => other.get(topic) ?? [])
    return {
      live: true,
      publish: (topic, message) => {
        if (Buffer.byteLength(message) > 7_500) throw new Error('too large for a channel')
        for (const listener of others(topic)) setImmediate(listener, message)
      },
      on: (topic, listener) => {
        own.set(topic, [...(own.get(topic) ?? []), listener])
        return () => undefined
      },
      onReset: () => () => undefined,
    }
  }
}

/** Gives work a fixture of its own, and takes it away afterwards. */
export const effectsFixtures =
  (redisUrl: string) =>
  async (work: (fixture: EffectsFixture) => Promise<void>): Promise<void> => {
    await using fixture = await createEffectsFixture(redisUrl)
    await work(fixture)
  }

/** Looks again until it holds. */
export async function eventually(holds: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const until = performance.now() + timeoutMs
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`did not come true within ${timeoutMs} ms: ${holds}`)
    await delay(10)
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import type { Database, Transaction } from './database.ts'
import { countRuns, hasUnfinished, listDead, newestOutboxId, reviveDead } from './effect-runs.ts'
import type { Effects } from './effects.ts'
import { checkPayload, type WriteOutbox } from './outbox.ts'
import type { Relay } from './relay.ts'

export interface EffectsServiceOptions {
  readonly database: Database
  readonly transaction: Transaction
  readonly outbox: WriteOutbox
  readonly origin: string
  /** Names of the effects of this process. */
  readonly known: () => readonly string[]
  /** Absent until effects are started. */
  readonly relay: () => Relay | undefined
  readonly wake: (effect: string) => void
}

const lookEveryMs = 20
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export function createEffectsService({ database, transaction, outbox, origin, known, relay, wake }: EffectsServiceOptions): Effects {
  return {
    async request({ name, trigger }, payload) {
      if (!('demand' in trigger.source)) throw new Error(`effect ${name} runs by itself; only an onDemand effect can be requested`)
      checkPayload(name, trigger.source.demand, payload)
      await outbox({ name: `effect:${name}`, version: 1, payload, origin })
      transaction.afterCommit(() => relay()?.wake())
    },
    async status() {
      const counted = new Map((await countRuns(database)).map((row) => [row.name, row]))
      for (const name of known()) if (!counted.has(name)) counted.set(name, { name, waiting: 0, dead: 0 })
      return [...counted.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
    },
    deadLetters: (limit) => listDead(database, limit),
    async retry(id) {
      if (!uuid.test(id)) return false
      const effect = await reviveDead(database, id)
      if (effect !== undefined) transaction.afterCommit(() => wake(effect))
      return effect !== undefined
    },
    async drain(timeoutMs) {
      const until = performance.now() + timeoutMs
      const newest = await newestOutboxId(database)
      await relay()?.flush()
      while (await hasUnfinished(database, newest)) {
        if (performance.now() > until) throw new Error(`effects were not done after ${timeoutMs} ms`)
        await delay(lookEveryMs)
      }
    },
  }
}

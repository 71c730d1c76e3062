import { Type } from '@sinclair/typebox'
import { defineEffect, onEvent } from '../../src/shared/kernel/effect.ts'
import { defineEvent } from '../../src/shared/kernel/event.ts'
import type { EffectsProcess } from './effects-fixture.ts'

export const Counted = defineEvent('test.counted', Type.Object({ n: Type.Integer(), key: Type.Optional(Type.String()) }))

/** Keeps what an effect was run with. */
export function recorder(
  options: { name?: string; work?: (n: number, attempt: number, signal: AbortSignal) => Promise<void> | void; [key: string]: unknown } = {},
) {
  const { name = 'test.record', work, ...rest } = options
  const runs: number[] = []
  const effect = defineEffect({
    name,
    trigger: onEvent(Counted),
    deps: {},
    ...rest,
    run: async ({ n }, _, { attempt, signal }) => {
      await work?.(n, attempt, signal)
      runs.push(n)
    },
  })
  return { effect, runs }
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

export interface EffectsBackend {
  readonly name: string
  readonly redisUrl: string
  /** How many jobs were ever added for this registry. */
  readonly countJobs: (process: EffectsProcess) => Promise<number>
  /** Forgets every job, as a wiped queue does. */
  readonly wipe: (process: EffectsProcess) => Promise<void>
}

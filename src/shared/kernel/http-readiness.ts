import type { Health } from './module.ts'

export interface ReadinessReport {
  /** `degraded`: it serves without what is down; `unavailable`: it cannot. */
  readonly status: 'ready' | 'degraded' | 'unavailable' | 'starting' | 'stopping'
  readonly checks: Readonly<Record<string, Health>>
}

/** Whether this process should get traffic, and why not. */
export interface Readiness {
  /** At most 1 s per answer; a check that takes longer counts as down. */
  add(name: string, check: () => Promise<Health>): void
  /** Of what the process does without while it is down (D-19). */
  addOptional(name: string, check: () => Promise<Health>): void
  /** Whether the process serves without it. A module's own check says so while it is down. */
  isOptional(name: string, health: Health): boolean
  /** Everything is up: from now on the checks decide. */
  started(): void
  /** For good. */
  stopping(): void
  report(): Promise<ReadinessReport>
}

const checkTimeoutMs = 1_000

export function createReadiness(): Readiness {
  const checks = new Map<string, () => Promise<Health>>()
  const optional = new Set<string>()
  const isOptional = (name: string, health: Health) => optional.has(name) || (health.status === 'down' && health.isOptional === true)
  let phase: 'starting' | 'running' | 'stopping' = 'starting'
  let underway: Promise<Record<string, Health>> | undefined
  const ask = async (): Promise<Record<string, Health>> => {
    const answers = await Promise.all([...checks].map(async ([name, check]) => [name, await answerOf(check)] as const))
    return Object.fromEntries(answers)
  }
  return {
    add: (name, check) => void checks.set(name, check),
    addOptional(name, check) {
      checks.set(name, check)
      optional.add(name)
    },
    isOptional,
    started: () => {
      if (phase === 'starting') phase = 'running'
    },
    stopping: () => {
      phase = 'stopping'
    },
    async report() {
      // Callers at the same time share one round of checks, so that probes cannot flood a slow dependency.
      underway ??= ask().finally(() => {
        underway = undefined
      })
      const answers = await underway
      if (phase !== 'running') return { status: phase, checks: answers }
      const down = Object.entries(answers).filter(([, { status }]) => status !== 'up')
      if (down.length === 0) return { status: 'ready', checks: answers }
      const isServing = down.every(([name, health]) => isOptional(name, health))
      return { status: isServing ? 'degraded' : 'unavailable', checks: answers }
    },
  }
}

async function answerOf(check: () => Promise<Health>): Promise<Health> {
  const late = Promise.withResolvers<Health>()
  const timer = setTimeout(() => late.resolve({ status: 'down', reason: 'no answer within 1 s' }), checkTimeoutMs)
  try {
    return await Promise.race([Promise.resolve().then(check), late.promise])
  } catch {
    return { status: 'down', reason: 'the check failed' }
  } finally {
    clearTimeout(timer)
  }
}

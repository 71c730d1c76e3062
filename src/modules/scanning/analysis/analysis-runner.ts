import type { Logger } from '../../../shared/kernel/logger.ts'
import type { AnalysisReport } from '../analysis.contract.ts'
import { AnalysisFailed } from './analysis-failed.ts'
import type { AnalysisInput } from './analysis-input.ts'
import { ChildPool } from './child-pool.ts'
import { detectIsolation, type Isolation } from './isolation.ts'

export interface AnalysisSettings {
  /** Child processes at the same time; further analyses wait. */
  readonly maxProcesses: number
  /** Wall clock of one analysis, reading its blobs included. */
  readonly timeoutMs: number
  /** Analyses that one child does, one after the other; absent: a child for each. */
  readonly analysesPerProcess?: number
  /** Ids of rules whose findings nobody wants; besides those of each input. */
  readonly suppressedRules?: readonly string[]
  /** Names that others must not look like, besides the bundled ones and those of each input. */
  readonly popularNames?: readonly string[]
  /** Is told once what the children are kept from on this machine. */
  readonly log?: Pick<Logger, 'info'>
}

interface Waiting {
  start(): void
  refuse(error: Error): void
}

const idleMs = 15_000
/** The kernel ends a child at 120 s: the next analysis finds at least half of that. */
const maxCpuMs = 60_000

/** Looks at the blobs of a version in a child process without network, environment or files (D-36). */
export class AnalysisRunner implements AsyncDisposable {
  readonly #settings: AnalysisSettings
  readonly #children: ChildPool
  readonly #waiting: Waiting[] = []
  readonly #running = new Set<Promise<unknown>>()
  #taken = 0
  #isDisposed = false
  #isolation: Promise<Isolation> | undefined

  constructor(settings: AnalysisSettings) {
    this.#settings = settings
    const { maxProcesses, analysesPerProcess = 1 } = settings
    this.#children = new ChildPool(() => this.#detected(), { maxProcesses, analysesPerProcess, idleMs, maxCpuMs })
  }

  /** Rejects with `AnalysisFailed`, or with the reason of the signal; after its disposal with an error that is neither. */
  async analyse(input: AnalysisInput, signal: AbortSignal): Promise<AnalysisReport> {
    await this.#turn(signal)
    const running = this.#timed(this.#configured(input), signal)
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
      this.#taken -= 1
      this.#waiting.shift()?.start()
    }
  }

  /** Ends what is under way, and leaves no process behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    for (const waiting of this.#waiting.splice(0)) waiting.refuse(stopped())
    await this.#children.close()
    await Promise.allSettled(this.#running)
  }

  #detected(): Promise<Isolation> {
    this.#isolation ??= detectIsolation().then((isolation) => {
      const { network, resourceLimits } = isolation
      this.#settings.log?.info({ network, resourceLimits }, 'content is analysed in child processes')
      return isolation
    })
    return this.#isolation
  }

  async #timed(input: AnalysisInput, signal: AbortSignal): Promise<AnalysisReport> {
    if (this.#isDisposed) throw stopped()
    const timeout = AbortSignal.timeout(this.#settings.timeoutMs)
    try {
      return await this.#children.run(input, AbortSignal.any([signal, timeout]))
    } catch (error) {
      signal.throwIfAborted()
      if (this.#isDisposed) throw stopped()
      if (timeout.aborted) throw new AnalysisFailed('timeout', `not done after ${this.#settings.timeoutMs} ms`)
      throw error
    }
  }

  #configured(input: AnalysisInput): AnalysisInput {
    const suppressedRules = [...(this.#settings.suppressedRules ?? []), ...(input.metadata.suppressedRules ?? [])]
    const popularNames = [...(this.#settings.popularNames ?? []), ...(input.popularNames ?? [])]
    return { ...input, popularNames, metadata: { ...input.metadata, suppressedRules } }
  }

  #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#taken < this.#settings.maxProcesses) {
      this.#taken += 1
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(signal.reason)
      }
      const waiting: Waiting = {
        start: () => {
          signal.removeEventListener('abort', leave)
          this.#taken += 1
          resolve()
        },
        refuse: (error) => {
          signal.removeEventListener('abort', leave)
          reject(error)
        },
      }
      this.#waiting.push(waiting)
      signal.addEventListener('abort', leave, { once: true })
    })
  }
}

const stopped = (): Error => new Error('the analysis was stopped with the registry')

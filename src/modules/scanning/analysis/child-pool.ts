import type { AnalysisReport } from '../analysis.contract.ts'
import { AnalysisChild } from './analysis-child.ts'
import { AnalysisFailed } from './analysis-failed.ts'
import type { AnalysisInput } from './analysis-input.ts'
import type { Isolation } from './isolation.ts'

interface ChildBounds {
  /** Children alive at the same time; whoever calls keeps to so many analyses at a time. */
  readonly maxProcesses: number
  /** 1: a process for each. */
  readonly analysesPerProcess: number
  readonly idleMs: number
  /** Of the processor, in sum, of a child that may go on. */
  readonly maxCpuMs: number
}

/** What is larger has a child of its own: the kernel bounds the processor's time of a process, Node its heap. */
const sharedBytes = 16_777_216

/** Children that wait for their next analysis, most of whose cost is their start. */
export class ChildPool {
  readonly #bounds: ChildBounds
  readonly #isolation: () => Promise<Isolation>
  readonly #alive = new Set<AnalysisChild>()
  readonly #idle: { readonly child: AnalysisChild; readonly timer: NodeJS.Timeout }[] = []
  #isClosed = false

  constructor(isolation: () => Promise<Isolation>, bounds: ChildBounds) {
    this.#isolation = isolation
    this.#bounds = bounds
  }

  /**
   * In a child that waits, or a new one. What fails in a child that had served before is tried once more in a new one,
   * so that no artifact decides what becomes of the next.
   */
  async run(input: AnalysisInput, signal: AbortSignal): Promise<AnalysisReport> {
    const waiting = isSmall(input) ? this.#takeIdle() : undefined
    if (waiting) {
      try {
        return await this.#runIn(waiting, input, signal)
      } catch (error) {
        if (signal.aborted || this.#isClosed || !isFaultOfChild(error)) throw error
      }
    }
    return this.#runIn(await this.#start(), input, signal)
  }

  /** Ends them all, those that work as well. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#alive].map((child) => this.#end(child)))
  }

  async #runIn(child: AnalysisChild, input: AnalysisInput, signal: AbortSignal): Promise<AnalysisReport> {
    const { analysesPerProcess, maxCpuMs } = this.#bounds
    let mayServe = false
    try {
      const report = await child.run(input, signal)
      const isSpent = child.served >= analysesPerProcess || child.cpuMs > maxCpuMs || child.lastBytes > sharedBytes
      mayServe = isSmall(input) && !isSpent && child.isAlive && !this.#isClosed
      return report
    } finally {
      if (mayServe) this.#rest(child)
      else await this.#end(child)
    }
  }

  async #start(): Promise<AnalysisChild> {
    const isolation = await this.#isolation()
    // Analyses of large content find the places taken by children that wait for small ones.
    while (this.#alive.size >= this.#bounds.maxProcesses && this.#idle[0]) await this.#end(this.#idle[0].child)
    const child = await AnalysisChild.start(isolation)
    this.#alive.add(child)
    void child.gone.then(() => this.#end(child))
    if (!this.#isClosed) return child
    await this.#end(child)
    throw new AnalysisFailed('crashed', 'the analysis was stopped')
  }

  #takeIdle(): AnalysisChild | undefined {
    for (let taken = this.#idle.pop(); taken; taken = this.#idle.pop()) {
      clearTimeout(taken.timer)
      if (!taken.child.isAlive) continue
      taken.child.hold(true)
      return taken.child
    }
    return undefined
  }

  #rest(child: AnalysisChild): void {
    child.hold(false)
    const timer = setTimeout(() => void this.#end(child), this.#bounds.idleMs).unref()
    this.#idle.push({ child, timer })
  }

  async #end(child: AnalysisChild): Promise<void> {
    const at = this.#idle.findIndex((each) => each.child === child)
    if (at >= 0) clearTimeout(this.#idle.splice(at, 1)[0]?.timer)
    await child.end()
    this.#alive.delete(child)
  }
}

const isSmall = ({ layers }: AnalysisInput): boolean => layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) <= sharedBytes

const isFaultOfChild = (error: unknown): boolean =>
  error instanceof AnalysisFailed && (error.reason === 'crashed' || error.reason === 'garbage')

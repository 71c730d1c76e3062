import type { ChildProcess } from 'node:child_process'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AnalysisReport } from '../analysis.contract.ts'
import { AnalysisFailed } from './analysis-failed.ts'
import type { AnalysisInput } from './analysis-input.ts'
import { type Isolation, spawnIsolated } from './isolation.ts'
import { ReportReader } from './report-reader.ts'
import { feedTask } from './task-feed.ts'

const maxComplaintBytes = 4096

interface Answer {
  readonly reader: ReportReader
  resolve(report: AnalysisReport): void
  reject(error: AnalysisFailed): void
}

/** One process with its folder: analyses one after the other, killed when anything is not as agreed. */
export class AnalysisChild {
  readonly #process: ChildProcess
  readonly #pipes: { readonly stdin: Socket; readonly stdout: Socket; readonly stderr: Socket }
  readonly #where: { readonly folder: string; readonly isNetworkOpen: boolean }
  #answer: Answer | undefined
  #complaint = ''
  #ended: Promise<void> | undefined
  #isGone = false
  /** Settles when the process is no more, whatever it ended by. */
  readonly gone: Promise<void>
  /** Analyses it was given. */
  served = 0
  /** Of the processor, by its own account, in sum. */
  cpuMs = 0
  /** Of the content of the last analysis, as it was read and not as it was announced. */
  lastBytes = 0

  private constructor(isolation: Isolation, folder: string) {
    const child = spawnIsolated(isolation, folder)
    this.#process = child
    this.#pipes = child as unknown as { stdin: Socket; stdout: Socket; stderr: Socket }
    this.#where = { folder, isNetworkOpen: isolation.network !== 'namespace' }
    this.gone = new Promise((resolve) => {
      const over = (how: string) => {
        this.#isGone = true
        this.#fail('crashed', `the analysis ${how}`)
        resolve()
      }
      child.once('close', (code, signal) =>
        over(`${signal ? `was ended by ${signal}` : `ended with ${code}`}: ${this.#complaint.slice(0, 500) || 'without a word'}`),
      )
      child.on('error', ({ message }) => over(`did not start: ${message}`))
    })
    // Without descriptors left there are no pipes; the error above says so.
    child.stdin?.on('error', () => undefined)
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#hear(text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(0, maxComplaintBytes)
    })
  }

  static async start(isolation: Isolation): Promise<AnalysisChild> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'gati-analysis-')))
    try {
      return new AnalysisChild(isolation, folder)
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw new AnalysisFailed('crashed', `the analysis did not start: ${(error as Error).message}`, { cause: error })
    }
  }

  /** Whether it lives and nobody has ended it. */
  get isAlive(): boolean {
    return !this.#isGone && !this.#ended
  }

  /** One at a time. After a rejection it has to be ended. */
  async run(input: AnalysisInput, signal: AbortSignal): Promise<AnalysisReport> {
    signal.throwIfAborted()
    this.served += 1
    const stop = new AbortController()
    const kill = () => {
      stop.abort()
      this.#process.kill('SIGKILL')
    }
    signal.addEventListener('abort', kill, { once: true })
    const answered = this.#answered()
    // Feeding and reading go on at the same time: a child that says something before it has read all must not wait for us.
    const fed = this.#pipes.stdin ? feedTask(this.#pipes.stdin, { input, ...this.#where }, stop.signal) : Promise.resolve(0)
    try {
      const [report, bytes] = await Promise.all([answered, fed])
      this.lastBytes = bytes
      return report
    } catch (error) {
      kill()
      await Promise.allSettled([answered, fed])
      signal.throwIfAborted()
      throw error
    } finally {
      signal.removeEventListener('abort', kill)
    }
  }

  /** An idle child keeps no process alive that has nothing else to do. */
  hold(isHeld: boolean): void {
    const { stdin, stdout, stderr } = this.#pipes
    for (const each of [this.#process, stdin, stdout, stderr]) {
      if (isHeld) each?.ref()
      else each?.unref()
    }
  }

  /** Kills it, and removes its folder once it is gone. */
  end(): Promise<void> {
    this.#ended ??= this.#end()
    return this.#ended
  }

  async #end(): Promise<void> {
    this.hold(true)
    this.#process.kill('SIGKILL')
    await this.gone
    await rm(this.#where.folder, { recursive: true, force: true })
  }

  #answered(): Promise<AnalysisReport> {
    return new Promise((resolve, reject) => {
      this.#answer = { reader: new ReportReader(), resolve, reject }
      if (this.#isGone) this.#fail('crashed', 'the analysis had ended before')
    })
  }

  /** A child that speaks without having been asked is not asked again. */
  #hear(text: string): void {
    const { reader, resolve } = this.#answer ?? {}
    if (!reader || !resolve) {
      this.#process.kill('SIGKILL')
      return
    }
    try {
      reader.push(text)
    } catch (error) {
      this.#process.kill('SIGKILL')
      this.#fail('garbage', `the analysis answered nonsense: ${(error as Error).message}`)
      return
    }
    const report = reader.report()
    if (!report) return
    this.#answer = undefined
    this.cpuMs = reader.cpuMs
    resolve(report)
  }

  #fail(reason: 'crashed' | 'garbage', message: string): void {
    this.#answer?.reject(new AnalysisFailed(reason, message))
    this.#answer = undefined
  }
}

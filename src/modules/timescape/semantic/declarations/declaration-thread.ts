import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Slots } from '../../../../shared/kernel/slots.ts'
import type { Change } from '../../change.ts'
import type { DeclarationPair, Reply } from './messages.ts'

const entry = new URL(`./worker${extname(import.meta.url)}`, import.meta.url)

/** Why declarations were not compared to the end. */
export class DeclarationsUndecided extends Error {}

export interface DeclarationLimits {
  readonly timeoutMs: number
  readonly idleMs: number
  readonly maxHeapMb: number
}

const defaults: DeclarationLimits = { timeoutMs: 20_000, idleMs: 30_000, maxHeapMb: 512 }

/** The worker of this process: started when there is something to do, ended when it takes too long, or had nothing to do for a while. */
export class DeclarationThread implements AsyncDisposable {
  readonly #limits: DeclarationLimits
  readonly #turns = new Slots({ atOnce: 1, waiting: Number.POSITIVE_INFINITY })
  #worker: Worker | undefined
  #idle: NodeJS.Timeout | undefined
  #lastId = 0
  #stopped = false

  constructor(limits: Partial<DeclarationLimits> = {}) {
    this.#limits = { ...defaults, ...limits }
  }

  /** One pair after the other. Throws DeclarationsUndecided when the limits are reached. */
  compare(pair: DeclarationPair, signal: AbortSignal): Promise<readonly Change[]> {
    return this.#turns.use(async () => {
      signal.throwIfAborted()
      if (this.#stopped) throw new Error('the registry stops')
      clearTimeout(this.#idle)
      try {
        return await this.#ask(pair, signal)
      } catch (error) {
        // Whatever it is busy with is of no use to anybody now.
        await this.#end()
        signal.throwIfAborted()
        throw error
      } finally {
        this.#idle = setTimeout(() => void this.#end(), this.#limits.idleMs).unref()
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#idle)
    await this.#end()
  }

  #ask(pair: DeclarationPair, signal: AbortSignal): Promise<readonly Change[]> {
    const { timeoutMs } = this.#limits
    this.#lastId += 1
    const id = this.#lastId
    const worker = this.#start()
    const { promise, resolve, reject } = Promise.withResolvers<readonly Change[]>()
    const timer = setTimeout(() => reject(new DeclarationsUndecided(`it took more than ${timeoutMs / 1_000} seconds`)), timeoutMs)
    const onMessage = (reply: Reply): void => {
      if (reply.id !== id) return
      if (reply.changes) resolve(reply.changes)
      else reject(new DeclarationsUndecided(reply.error))
    }
    const onLost = (): void => reject(new DeclarationsUndecided('the worker ended: it needed more memory than it may have'))
    const onAbort = (): void => reject(new DeclarationsUndecided('nobody waits for it'))
    worker.on('message', onMessage).on('error', onLost).on('exit', onLost)
    signal.addEventListener('abort', onAbort)
    worker.ref()
    worker.postMessage({ ...pair, id })
    return promise.finally(() => {
      clearTimeout(timer)
      worker.unref()
      signal.removeEventListener('abort', onAbort)
      worker.off('message', onMessage).off('error', onLost).off('exit', onLost)
    })
  }

  #start(): Worker {
    // Nothing of the process is needed there: no options of its own, no environment.
    this.#worker ??= new Worker(entry, {
      ...{ execArgv: [], env: {} },
      resourceLimits: { maxOldGenerationSizeMb: this.#limits.maxHeapMb, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
    })
    const worker = this.#worker
    worker.unref()
    const forget = (): void => {
      if (this.#worker === worker) this.#worker = undefined
    }
    if (worker.listenerCount('exit') === 0) worker.on('exit', forget).on('error', forget)
    return worker
  }

  async #end(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }
}

import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { FormBytes, LateEncoding, Reply, Task, WrittenDocument } from './messages.ts'

const entry = new URL(`./worker${extname(import.meta.url)}`, import.meta.url)

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

/** A document on its way into files. */
export interface WritingJob {
  /** Resolves when there is room for more. The bytes belong to the worker from then on. */
  write(bytes: FormBytes): Promise<void>
  finish(): Promise<WrittenDocument>
  /** Succeeds whatever happened. */
  abort(): Promise<void>
}

/** The worker of this process: started when there is something to do, ended when there was nothing for a while. */
export class AssemblyThread implements AsyncDisposable {
  readonly #idleMs: number
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #idle: NodeJS.Timeout | undefined
  #openJobs = 0
  #lastId = 0
  #stopped = false

  constructor(idleMs: number) {
    this.#idleMs = idleMs
  }

  /** Whether the worker runs. */
  get active(): boolean {
    return this.#worker !== undefined
  }

  async open(folder: string): Promise<WritingJob> {
    this.#lastId += 1
    const job = this.#lastId
    const ended = (): void => {
      this.#openJobs -= 1
      this.#rest()
    }
    this.#openJobs += 1
    try {
      await this.#ask({ kind: 'open', job, folder })
    } catch (error) {
      ended()
      throw error
    }
    return {
      write: async (bytes) => {
        await this.#ask({ kind: 'write', job, bytes }, transferable(bytes))
      },
      finish: async () => {
        try {
          return (await this.#ask({ kind: 'finish', job })) as WrittenDocument
        } finally {
          ended()
        }
      },
      abort: () => this.#ask({ kind: 'abort', job }).then(ended, ended),
    }
  }

  /** Bytes of the file that was made. */
  async compressFile(file: { readonly from: string; readonly to: string; readonly encoding: LateEncoding }): Promise<number> {
    return (await this.#ask({ kind: 'compress-file', ...file })) as number
  }

  async compress(bytes: Buffer, encoding: LateEncoding): Promise<Buffer> {
    return Buffer.from((await this.#ask({ kind: 'compress', bytes, encoding })) as Uint8Array)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    await this.#end(new Error('the registry stops'))
  }

  #ask(task: Task, transfer: ArrayBuffer[] = []): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) throw new Error('the registry stops')
      clearTimeout(this.#idle)
      const worker = this.#start()
      this.#lastId += 1
      const id = this.#lastId
      this.#waiting.set(id, { resolve, reject })
      worker.ref()
      worker.postMessage({ ...task, id }, transfer)
    })
  }

  #start(): Worker {
    if (this.#worker) return this.#worker
    // Nothing of the process is needed there: no options of its own, no environment.
    const worker = new Worker(entry, {
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2 },
    })
    worker.on('message', (reply: Reply) => this.#settle(reply))
    const lost = (error: Error) => {
      if (this.#worker === worker) void this.#end(error)
    }
    worker.on('error', lost)
    worker.on('exit', () => lost(new Error('the worker for package documents ended')))
    this.#worker = worker
    return worker
  }

  #settle({ id, result, error }: Reply): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(result)
    else waiting?.reject(new Error(error))
    this.#rest()
  }

  #rest(): void {
    if (this.#waiting.size > 0 || this.#openJobs > 0 || !this.#worker) return
    this.#worker.unref()
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => void this.#end(new Error('the worker for package documents was idle')), this.#idleMs).unref()
  }

  async #end(reason: Error): Promise<void> {
    clearTimeout(this.#idle)
    const worker = this.#worker
    this.#worker = undefined
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const { reject } of waiting) reject(reason)
    await worker?.terminate()
  }
}

const transferable = (bytes: FormBytes): ArrayBuffer[] => [bytes.full.buffer, bytes.abbreviated.buffer]

import { extname } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { PackedText, Reply, ShownParts, Task, WrittenDocument } from './document-messages.ts'
import type { ReadingRules, UpstreamVersion, WritingRules } from './upstream-document.ts'

const entry = new URL(`./document-worker${extname(import.meta.url)}`, import.meta.url)
const idleMs = 30_000
/** A signature takes less than 0.1 ms; requests are answered between so many. */
const signedAtOnce = 32

export type Signature = { readonly keyid: string; readonly sig: string }

export interface DocumentOrder {
  /** Of the file: one line, then the document. */
  readonly path: string
  readonly reading: ReadingRules
  readonly publicUrl: string
  readonly sign: (name: string, version: UpstreamVersion) => Promise<Signature | undefined>
}

export type BuiltDocument = ShownParts & WrittenDocument

export interface Built extends Pick<ShownParts, 'changesAtMs'> {
  /** Undefined when no version is left to show. */
  readonly document: BuiltDocument | undefined
}

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

/** The worker of this process for documents of other registries, one after the other: started when there is one, ended when there was none for a while. */
export class DocumentThread implements AsyncDisposable {
  readonly #waiting = new Map<number, Waiting>()
  #turn: Promise<unknown> = Promise.resolve()
  #worker: Worker | undefined
  #idle: NodeJS.Timeout | undefined
  #lastId = 0
  #stopped = false

  /** Throws an Error for what is no document of that package. */
  build({ path, reading, publicUrl, sign }: DocumentOrder): Promise<Built> {
    return this.#inTurn(async () => {
      const parts = (await this.#ask({ kind: 'read', path, rules: reading })) as ShownParts
      const { changesAtMs } = parts
      if (parts.versions.length === 0) return { document: undefined, changesAtMs }
      const signatures = await signAll(parts, sign)
      const rules: WritingRules = { publicUrl, signatures }
      return { document: { ...parts, ...((await this.#ask({ kind: 'write', rules })) as WrittenDocument) }, changesAtMs }
    })
  }

  /** JSON of one version of a full document. */
  manifest({ gzip }: PackedText, version: string): Promise<string> {
    return this.#inTurn(async () => (await this.#ask({ kind: 'manifest', gzip, version })) as string)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    await this.#end(new Error('the registry stops'))
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }

  #ask(task: Task): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) throw new Error('the registry stops')
      clearTimeout(this.#idle)
      const worker = this.#start()
      this.#lastId += 1
      this.#waiting.set(this.#lastId, { resolve, reject })
      worker.ref()
      worker.postMessage({ ...task, id: this.#lastId })
    })
  }

  #start(): Worker {
    if (this.#worker) return this.#worker
    // Nothing of the process is needed there. A document that does not fit ends the worker, not the registry.
    const worker = new Worker(entry, {
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 32 },
    })
    worker.on('message', (reply: Reply) => this.#settle(reply))
    const lost = (error: Error) => {
      if (this.#worker === worker) void this.#end(error)
    }
    worker.on('error', lost)
    worker.on('exit', () => lost(new Error('the worker for documents of other registries ended')))
    this.#worker = worker
    return worker
  }

  #settle({ id, result, error }: Reply): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(result)
    else waiting?.reject(new Error(error))
    if (this.#waiting.size > 0 || !this.#worker) return
    this.#worker.unref()
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => void this.#end(new Error('the worker for documents of other registries was idle')), idleMs).unref()
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

async function signAll({ name, versions }: ShownParts, sign: DocumentOrder['sign']): Promise<Map<string, Signature>> {
  const signatures = new Map<string, Signature>()
  for (const [index, version] of versions.entries()) {
    if (index % signedAtOnce === signedAtOnce - 1) await setImmediate()
    const signature = await sign(name, version)
    if (signature) signatures.set(version.version, signature)
  }
  return signatures
}

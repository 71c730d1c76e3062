import { LRUCache } from 'lru-cache'
import { SingleFlight } from '../../../shared/kernel/single-flight.ts'
import type { Slots } from '../../../shared/kernel/slots.ts'
import type { BuiltDocument, DocumentThread } from './document-thread.ts'

const memoryBytes = 4_194_304

/** Manifests of single versions. For each of them the worker reads the whole document, so the last ones are remembered. */
export class UpstreamManifests {
  readonly #thread: DocumentThread
  readonly #slots: Slots
  readonly #kept = new LRUCache<string, string>({ maxSize: memoryBytes, sizeCalculation: (text) => text.length + 256 })
  readonly #reads = new SingleFlight<string>()

  constructor(thread: DocumentThread, slots: Slots) {
    this.#thread = thread
    this.#slots = slots
  }

  /** Throws UpstreamsBusy. */
  async find({ full, revision }: BuiltDocument, version: string): Promise<string> {
    // The revision is of the text of one document, with its name and the URLs in it.
    const key = `${revision} ${version}`
    return this.#kept.get(key) ?? this.#reads.do(key, () => this.#read(key, () => this.#thread.manifest(full, version)))
  }

  async #read(key: string, read: () => Promise<string>): Promise<string> {
    const text = await this.#slots.use(read)
    this.#kept.set(key, text)
    return text
  }
}

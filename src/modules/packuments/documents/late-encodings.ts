import { join } from 'node:path'
import type { Logger } from '../../../shared/kernel/logger.ts'
import { fileNameOf, forms, type LateEncoding } from '../assembly/messages.ts'
import type { AssemblyThread } from '../assembly/thread.ts'
import type { PackumentForm } from '../contract.ts'
import { DocumentBody, type FormDocument, type PackageDocuments } from './document.ts'
import type { DocumentFiles } from './document-files.ts'
import type { DocumentMemory } from './document-memory.ts'

export interface LateEncodingParts {
  readonly memory: DocumentMemory
  readonly files: DocumentFiles
  readonly thread: AssemblyThread
  readonly log: Logger
}

interface Making {
  readonly name: PackumentForm
  readonly form: FormDocument
  readonly encoding: LateEncoding
}

const late: readonly LateEncoding[] = ['br', 'zstd']

/** Encodings that are dear to make, for documents that somebody asked for with them and that have come to rest since. */
export class LateEncodings implements Disposable {
  readonly #parts: LateEncodingParts
  readonly #quietMs: number
  readonly #timer: NodeJS.Timeout
  readonly #wanted = new Set<PackageDocuments>()
  #working = false

  constructor(parts: LateEncodingParts, quietMs: number) {
    this.#parts = parts
    this.#quietMs = quietMs
    // Started here rather than by a request, whose context it would keep.
    this.#timer = setInterval(() => void this.#work(), Math.max(20, quietMs / 12)).unref()
  }

  /** Hot. */
  want(documents: PackageDocuments): void {
    this.#wanted.add(documents)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#wanted.clear()
  }

  async #work(): Promise<void> {
    if (this.#working) return
    this.#working = true
    try {
      for (const documents of this.#wanted) {
        if (performance.now() - documents.builtAt < this.#quietMs) continue
        if (this.#isCurrent(documents)) await this.#encode(documents)
        this.#wanted.delete(documents)
      }
    } catch (error) {
      this.#wanted.clear()
      this.#parts.log.warn({ err: error }, 'a package document could not be compressed further')
    } finally {
      this.#working = false
    }
  }

  /** Another one may have taken its place since. */
  #isCurrent = (documents: PackageDocuments): boolean =>
    this.#parts.memory.find(documents.artifactId, documents.rev, documents.base) === documents

  async #encode(documents: PackageDocuments): Promise<void> {
    for (const name of forms) {
      const form = documents.forms[name]
      if (!form) continue
      for (const encoding of late) await this.#add(documents, { name, form, encoding })
    }
  }

  async #add(documents: PackageDocuments, made: Making): Promise<void> {
    const { form, encoding } = made
    if (!this.#isCurrent(documents) || form.bodies[encoding]) return
    const { folder } = documents
    const body = await (folder === undefined ? this.#fromMemory(made) : this.#fromFile(folder, made))
    if (body && this.#isCurrent(documents)) this.#parts.memory.add(form, body)
  }

  async #fromMemory({ form, encoding }: Making): Promise<DocumentBody | undefined> {
    const text = form.bodies.identity?.content
    if (!text) return undefined
    const content = await this.#parts.thread.compress(text, encoding)
    return new DocumentBody({ ...form, encoding, sizeBytes: content.length }, { content })
  }

  async #fromFile(folder: string, { name, form, encoding }: Making): Promise<DocumentBody> {
    const path = join(folder, fileNameOf(name, encoding))
    const sizeBytes = await this.#parts.thread.compressFile({ from: join(folder, fileNameOf(name, 'identity')), to: path, encoding })
    await this.#parts.files.note(folder, name, { encoding, sizeBytes })
    return new DocumentBody({ ...form, encoding, sizeBytes }, { path })
  }
}

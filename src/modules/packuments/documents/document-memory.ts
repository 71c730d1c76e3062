import { readFile } from 'node:fs/promises'
import { LRUCache } from 'lru-cache'
import type { PackumentEncoding } from '../contract.ts'
import { DocumentBody, type FormDocument, type PackageDocuments } from './document.ts'

const maxPackages = 10_000
const maxContentBytes = 16_777_216
/** What an entry costs besides its bytes. */
const overheadBytes = 512

/** The newest documents of packages, and as much of their bytes as memory is given for. */
export class DocumentMemory {
  readonly #packages: LRUCache<string, PackageDocuments>
  readonly #resident: LRUCache<DocumentBody, FormDocument>
  readonly #maxEntryBytes: number
  readonly #loading = new Map<DocumentBody, Promise<DocumentBody | undefined>>()

  constructor(memoryBytes: number) {
    this.#maxEntryBytes = Math.min(maxContentBytes, memoryBytes)
    this.#packages = new LRUCache({ max: maxPackages, dispose: (documents) => this.#release(documents) })
    this.#resident = new LRUCache({
      maxSize: memoryBytes,
      maxEntrySize: this.#maxEntryBytes,
      sizeCalculation: (_form, { sizeBytes }) => sizeBytes + overheadBytes,
      dispose: (form, body) => evict(form, body),
    })
  }

  /** Hot. Of the revision or newer, at this base. */
  find(artifactId: string, rev: number, base: string): PackageDocuments | undefined {
    const found = this.#packages.get(artifactId)
    return found && found.rev >= rev && found.base === base ? found : undefined
  }

  /** Takes the place of what there is, unless that is newer; joins it when it is of the same state. */
  put(documents: PackageDocuments): PackageDocuments {
    const found = this.#packages.get(documents.artifactId)
    if (found && found.rev > documents.rev) return documents
    const same = found && found.rev === documents.rev && found.base === documents.base && found.folder === documents.folder
    if (same) Object.assign(found.forms, documents.forms)
    else this.#packages.set(documents.artifactId, documents)
    for (const form of Object.values(documents.forms)) for (const body of Object.values(form.bodies)) this.#hold(form, body)
    return same ? found : documents
  }

  forget(artifactId: string): void {
    this.#packages.delete(artifactId)
  }

  /** Hot. Keeps the bytes from being the next to go. */
  touch(body: DocumentBody): void {
    this.#resident.get(body)
  }

  /** A further encoding of a form that is kept. */
  add(form: FormDocument, body: DocumentBody): void {
    form.bodies[body.encoding] = body
    this.#hold(form, body)
  }

  /** With its bytes in memory, where they may stay there. `undefined` when its file is gone. */
  async resident(form: FormDocument, body: DocumentBody): Promise<DocumentBody | undefined> {
    const { path } = body
    if (body.content || path === undefined || body.sizeBytes + overheadBytes > this.#maxEntryBytes) return body
    const loading = this.#loading.get(body) ?? this.#load(form, body, path)
    this.#loading.set(body, loading)
    try {
      return await loading
    } finally {
      this.#loading.delete(body)
    }
  }

  async #load(form: FormDocument, body: DocumentBody, path: string): Promise<DocumentBody | undefined> {
    const content = await readFile(path).catch(() => undefined)
    if (content?.length !== body.sizeBytes) return undefined
    const loaded = new DocumentBody(body, { content, path })
    if (form.bodies[body.encoding] === body) this.add(form, loaded)
    return loaded
  }

  #hold(form: FormDocument, body: DocumentBody): void {
    if (body.content) this.#resident.set(body, form)
  }

  #release({ forms }: PackageDocuments): void {
    for (const form of Object.values(forms)) for (const body of Object.values(form.bodies)) this.#resident.delete(body)
  }
}

function evict(form: FormDocument, body: DocumentBody): void {
  if (form.bodies[body.encoding] !== body) return
  const rest = body.onDisk()
  if (rest) form.bodies[body.encoding] = rest
  else delete form.bodies[body.encoding]
}

/** Hot. The first that exists; `undefined` where one that is better can be made. */
export function bestBody(form: FormDocument, accepts: readonly PackumentEncoding[]): DocumentBody | undefined {
  for (const encoding of accepts) {
    const body = form.bodies[encoding]
    if (body || encoding === 'gzip' || encoding === 'identity') return body
  }
  return undefined
}

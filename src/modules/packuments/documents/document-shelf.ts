import { gzipSync } from 'node:zlib'
import type { Located } from '../../metadata/contract.ts'
import type { Assembler } from '../assembly/assembler.ts'
import type { PackumentEncoding, PackumentForm, WantedPackument } from '../contract.ts'
import { DocumentGone } from '../errors.ts'
import { DocumentBody, type FormDocument } from './document.ts'
import { bestBody, type DocumentMemory } from './document-memory.ts'
import type { LateEncodings } from './late-encodings.ts'

export interface ShelfParts {
  readonly memory: DocumentMemory
  readonly assembler: Assembler
  readonly late: LateEncodings
  readonly info: { readonly publicUrl: string }
}

const maxTries = 4

/** Ready documents, and one assembly at a time for each package that has none of its present revision. */
export class DocumentShelf {
  readonly #parts: ShelfParts
  readonly #flights = new Map<string, Promise<unknown>>()

  constructor(parts: ShelfParts) {
    this.#parts = parts
  }

  /** Hot. `undefined` when something has to be made or read first. */
  ready({ artifact }: Located, { form, accepts }: WantedPackument): DocumentBody | undefined {
    const { memory, late, info } = this.#parts
    const documents = memory.find(artifact.id, artifact.rev, info.publicUrl)
    const found = documents?.forms[form]
    const body = found && bestBody(found, accepts)
    if (!documents || body?.content === undefined) return undefined
    if (body.encoding !== accepts[0] && (accepts[0] === 'br' || accepts[0] === 'zstd')) late.want(documents)
    memory.touch(body)
    return body
  }

  /** `undefined` when no version is left to show. */
  async find(located: Located, wanted: WantedPackument): Promise<DocumentBody | undefined> {
    for (let left = maxTries; left > 0; left -= 1) {
      const form = await this.#form(located, wanted.form)
      if (!form) return undefined
      const body = this.#bodyOf(form, wanted.accepts)
      const resident = body && (await this.#parts.memory.resident(form, body))
      if (resident) return resident
      this.forget(located.artifact.id)
    }
    throw new DocumentGone()
  }

  /** Not again from what is remembered of it. */
  forget(artifactId: string): void {
    this.#parts.memory.forget(artifactId)
  }

  /**
   * Never of an older revision than the caller knows of. An assembly that began before it asked may be of an older one; one that it starts itself
   * is as new as can be.
   */
  async #form(located: Located, form: PackumentForm): Promise<FormDocument | undefined> {
    const { memory, info } = this.#parts
    const { id, rev } = located.artifact
    for (;;) {
      const found = memory.find(id, rev, info.publicUrl)?.forms[form]
      if (found && isUsable(found)) return found
      const flight = this.#flights.get(id)
      if (!flight) return this.#build(located, form)
      await flight
    }
  }

  async #build(located: Located, form: PackumentForm): Promise<FormDocument | undefined> {
    const { memory, assembler, info } = this.#parts
    const { id } = located.artifact
    const building = assembler.build(located, form, info.publicUrl)
    this.#flights.set(id, building)
    try {
      const documents = await building
      return documents && memory.put(documents).forms[form]
    } finally {
      this.#flights.delete(id)
    }
  }

  #bodyOf(form: FormDocument, accepts: readonly PackumentEncoding[]): DocumentBody | undefined {
    const best = bestBody(form, accepts)
    if (best) return best
    const { identity } = form.bodies
    if (!accepts.includes('gzip') || !identity?.content) return identity
    const content = gzipSync(identity.content)
    const body = new DocumentBody({ ...form, encoding: 'gzip', sizeBytes: content.length }, { content })
    this.#parts.memory.add(form, body)
    return body
  }
}

/** Its bytes may have been dropped. */
const isUsable = ({ bodies }: FormDocument): boolean => bodies.identity !== undefined || bodies.gzip !== undefined

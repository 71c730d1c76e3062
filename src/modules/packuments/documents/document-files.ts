import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { fileNameOf, forms, type LateEncoding, type WrittenDocument } from '../assembly/messages.ts'
import type { PackumentEncoding, PackumentForm } from '../contract.ts'
import { DocumentBody, type FormDocument, type PackageDocuments } from './document.ts'

/** Which state of which package a folder of files is about. */
export interface DocumentState {
  readonly artifactId: string
  readonly rev: number
  /** ISO 8601: a database that was restored gives revisions out again. */
  readonly modified: string
  readonly base: string
}

const Sizes = Type.Object({
  identity: Type.Integer(),
  gzip: Type.Integer(),
  br: Type.Optional(Type.Integer()),
  zstd: Type.Optional(Type.Integer()),
})
const FormFacts = Type.Object({ revision: Type.String(), sizes: Sizes })
const Facts = Type.Object({ modified: Type.String(), full: FormFacts, abbreviated: FormFacts })
type Facts = Static<typeof Facts>

const factsFile = 'facts.json'
const abandonedMs = 3_600_000

/** Documents too large for memory, as files in `<data directory>/cache/packuments`: one folder for each revision, complete or not there. */
export class DocumentFiles {
  readonly #root: string

  constructor(dataDir: string) {
    this.#root = join(dataDir, 'cache/packuments')
  }

  /** Removes what a process that was killed left half done. */
  async tidy(): Promise<void> {
    for (const name of await readdir(this.#workshop).catch(() => [])) {
      const folder = join(this.#workshop, name)
      const { mtimeMs } = await stat(folder)
      if (Date.now() - mtimeMs > abandonedMs) await this.discard(folder)
    }
  }

  /** A new folder to write into; it goes away or becomes one of `keep`. */
  async begin(): Promise<string> {
    const folder = join(this.#workshop, randomUUID())
    await mkdir(folder, { recursive: true })
    return folder
  }

  discard(folder: string): Promise<void> {
    return rm(folder, { recursive: true, force: true })
  }

  /** Makes the folder the one of this state, in one step; when another process was faster, its files are as good. */
  async keep(folder: string, state: DocumentState, written: WrittenDocument): Promise<PackageDocuments | undefined> {
    await writeFile(join(folder, factsFile), JSON.stringify({ modified: state.modified, ...written } satisfies Facts), { flush: true })
    const place = this.#place(state)
    await mkdir(join(place, '..'), { recursive: true })
    try {
      await rename(folder, place)
    } catch {
      const found = await this.find(state)
      if (!found) await rm(place, { recursive: true, force: true }).then(() => rename(folder, place))
      await this.discard(folder)
    }
    return this.find(state)
  }

  async find(state: DocumentState): Promise<PackageDocuments | undefined> {
    const folder = this.#place(state)
    const facts = await readFacts(folder)
    if (facts?.modified !== state.modified) return undefined
    const documents = Object.fromEntries(forms.map((form) => [form, formOf(facts, form, folder)]))
    return { artifactId: state.artifactId, rev: state.rev, base: state.base, folder, builtAt: performance.now(), forms: documents }
  }

  /** Removes all that is older than the document before this one, which somebody may be about to read. */
  async forgetBefore(state: DocumentState): Promise<void> {
    const around = join(this.#place(state), '..')
    const revisions = (await readdir(around)).map((name) => ({ name, rev: Number.parseInt(name, 10) }))
    const older = revisions.filter(({ rev }) => rev < state.rev).sort((a, b) => b.rev - a.rev)
    for (const { name } of older.slice(1)) await this.discard(join(around, name))
  }

  /** A further encoding of the form has been written beside the others. */
  async note(folder: string, form: PackumentForm, made: { readonly encoding: LateEncoding; readonly sizeBytes: number }): Promise<void> {
    const facts = await readFacts(folder)
    if (!facts) return
    facts[form].sizes[made.encoding] = made.sizeBytes
    const unfinished = join(folder, `${factsFile}.${randomUUID()}`)
    await writeFile(unfinished, JSON.stringify(facts), { flush: true })
    await rename(unfinished, join(folder, factsFile))
  }

  get #workshop(): string {
    return join(this.#root, 'unfinished')
  }

  #place({ artifactId, rev, base }: DocumentState): string {
    const at = createHash('sha256').update(base).digest('hex').slice(0, 12)
    return join(this.#root, artifactId.slice(-2), artifactId, `${rev}-${at}`)
  }
}

async function readFacts(folder: string): Promise<Facts | undefined> {
  try {
    const facts: unknown = JSON.parse(await readFile(join(folder, factsFile), 'utf8'))
    return Value.Check(Facts, facts) ? facts : undefined
  } catch {
    return undefined
  }
}

function formOf({ modified, ...facts }: Facts, form: PackumentForm, folder: string): FormDocument {
  const { revision, sizes } = facts[form]
  const lastModified = new Date(modified).toUTCString()
  const bodies = Object.entries(sizes).map(([name, sizeBytes]) => {
    const encoding = name as PackumentEncoding
    return [encoding, new DocumentBody({ revision, lastModified, encoding, sizeBytes }, { path: join(folder, fileNameOf(form, encoding)) })]
  })
  return { revision, lastModified, bodies: Object.fromEntries(bodies) }
}

import { createHash } from 'node:crypto'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import { Slots } from '../../../shared/kernel/slots.ts'
import { collectYoung } from '../../../shared/kernel/young-memory.ts'
import type { Located } from '../../metadata/contract.ts'
import type { PackumentForm } from '../contract.ts'
import { DocumentBody, type PackageDocuments } from '../documents/document.ts'
import type { DocumentFiles } from '../documents/document-files.ts'
import { packageName } from '../fragments.ts'
import { type DocumentBatch, type DocumentHead, readBatch, readDocument } from './document.queries.ts'
import { atBase, endOf, inJson, type Subject, startOf } from './document-text.ts'
import type { FormBytes } from './messages.ts'
import type { AssemblyThread, WritingJob } from './thread.ts'
import type { Undescribed } from './undescribed.ts'

export interface AssemblerParts {
  readonly database: Database
  readonly transaction: Transaction
  readonly log: Logger
  readonly undescribed: Undescribed
  readonly files: DocumentFiles
  readonly thread: AssemblyThread
}

/** Some megabyte. */
const batchesBetweenCollections = 16
const beforeAll = '00000000-0000-0000-0000-000000000000'
/** Each holds a connection to the database. */
const maxLargeAtOnce = 2

/** Puts documents together as of one moment of the database. */
export class Assembler {
  readonly #parts: AssemblerParts
  readonly #smallBytes: number
  readonly #turns = new Slots({ atOnce: maxLargeAtOnce, waiting: Number.POSITIVE_INFINITY })

  constructor(parts: AssemblerParts, smallBytes: number) {
    this.#parts = parts
    this.#smallBytes = smallBytes
  }

  /** `undefined` when there is no version to show. A small package comes in the form that is wanted alone. */
  async build(located: Located, form: PackumentForm, base: string): Promise<PackageDocuments | undefined> {
    const { database, undescribed, files } = this.#parts
    const subject: Subject = { artifactId: located.artifact.id, name: packageName(located), base }
    for (;;) {
      const head = await readDocument(database, { artifactId: subject.artifactId, form, maxBytes: this.#smallBytes })
      if (!head || head.versions === 0) return undefined
      if (head.missing > 0) {
        await undescribed.describe(located)
        continue
      }
      if (head.entries !== null) return inMemory(form, subject, { head, entries: head.entries })
      const found = await files.find({ ...subject, rev: head.rev, modified: head.modified })
      const documents = found ?? (await this.#turns.use(() => this.#write(subject)))
      if (documents) return documents
    }
  }

  /** `undefined` when a version came in between that nobody has looked at, or the files were removed at once. */
  async #write(subject: Subject): Promise<PackageDocuments | undefined> {
    const { files, thread, log } = this.#parts
    const folder = await files.begin()
    let job: WritingJob | undefined
    try {
      const opened = await thread.open(folder)
      job = opened
      const head = await this.#stream(subject, opened)
      if (!head) return undefined
      const state = { ...subject, rev: head.rev, modified: head.modified }
      const documents = await files.keep(folder, state, await opened.finish())
      job = undefined
      files.forgetBefore(state).catch((error: unknown) => log.warn({ err: error }, 'old package documents could not be removed'))
      return documents
    } finally {
      await job?.abort()
      await files.discard(folder)
    }
  }

  #stream(subject: Subject, job: WritingJob): Promise<DocumentHead | undefined> {
    const { database, transaction } = this.#parts
    return transaction.run(async () => {
      await database.sql`set transaction isolation level repeatable read, read only`
      const head = await readDocument(database, { artifactId: subject.artifactId, form: 'full', maxBytes: -1 })
      if (!head || head.missing > 0 || head.versions === 0) return undefined
      await job.write(bytesOf(startOf('full', subject, head), startOf('abbreviated', subject, head)))
      const times = await this.#streamVersions(subject, job)
      await job.write(bytesOf(endOf('full', head, times), endOf('abbreviated', head, '')))
      return head
    })
  }

  /** Returns when each was published. */
  async #streamVersions({ artifactId, base }: Subject, job: WritingJob): Promise<string> {
    const times: string[] = []
    let writing = Promise.resolve()
    for (let after = beforeAll; ; ) {
      const before = after === beforeAll ? '' : ','
      const batch = await readBatch(this.#parts.database, { artifactId, after, before, base: inJson(base) })
      await writing
      if (!batch) return times.join(',')
      writing = job.write(bytesTaken(batch))
      // It is awaited after the next read; until then nobody would hear it fail.
      writing.catch(() => undefined)
      times.push(batch.times)
      if (times.length % batchesBetweenCollections === 0) collectYoung()
      after = batch.last
    }
  }
}

const encoder = new TextEncoder()
const bytesOf = (full: string, abbreviated: string): FormBytes => ({
  full: encoder.encode(full),
  abbreviated: encoder.encode(abbreviated),
})

function bytesTaken(batch: DocumentBatch): FormBytes {
  const bytes = bytesOf(batch.full, batch.abbreviated)
  batch.full = ''
  batch.abbreviated = ''
  return bytes
}

function inMemory(
  form: PackumentForm,
  subject: Subject,
  { head, entries }: { readonly head: DocumentHead; readonly entries: string },
): PackageDocuments {
  const { artifactId, base } = subject
  const content = Buffer.from(startOf(form, subject, head) + atBase(entries, base) + endOf(form, head, head.times ?? ''))
  const revision = createHash('sha256').update(content).digest('base64url').slice(0, 27)
  const lastModified = new Date(head.modified).toUTCString()
  const identity = new DocumentBody({ revision, lastModified, encoding: 'identity', sizeBytes: content.length }, { content })
  const document = { revision, lastModified, bodies: { identity } }
  return { artifactId, rev: head.rev, base, folder: undefined, builtAt: performance.now(), forms: { [form]: document } }
}

import { randomUUID } from 'node:crypto'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Effects } from '../../shared/kernel/effects.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { isRegistryAdmin } from '../../shared/kernel/registry-admin.ts'
import { NotAllowed } from '../auth/errors.ts'
import type { DocumentIndex } from './document-index.ts'
import { rebuildDocuments } from './effects/rebuild-documents.ts'
import { RebuildUnderway } from './errors.ts'
import { beginRebuild, endRebuild, noteRebuild, type RebuildProgress, readRebuild } from './rebuilds.queries.ts'
import type { RebuildLimits, Rebuilds } from './rebuilds.ts'

/** Documents outside of Postgres, made from what Postgres has. */
interface OtherIndex {
  rebuild(onProgress: (done: number) => Promise<void>): Promise<number>
}

export interface RebuildsDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly effects: Effects
  readonly documents: DocumentIndex
  readonly other: OtherIndex | undefined
  readonly log: Logger
}

const noteMs = 1_000

export class RebuildsService implements Rebuilds {
  readonly #deps: RebuildsDeps

  constructor(deps: RebuildsDeps) {
    this.#deps = deps
  }

  async request(principal: Principal): Promise<RebuildProgress> {
    if (!isRegistryAdmin(principal)) throw new NotAllowed()
    const { database, transaction, effects } = this.#deps
    return transaction.run(async () => {
      const id = randomUUID()
      if (!(await beginRebuild(database, id))) throw new RebuildUnderway()
      await effects.request(rebuildDocuments, { id })
      return readRebuild(database)
    })
  }

  async progress(principal: Principal): Promise<RebuildProgress> {
    if (!isRegistryAdmin(principal)) throw new NotAllowed()
    return readRebuild(this.#deps.database)
  }

  async run(id: string, limits: RebuildLimits): Promise<void> {
    const { database, documents, other, log } = this.#deps
    if (!(await noteRebuild(database, id, 0))) return
    const note = this.#noting(id, limits)
    // Each artifact is looked at once for Postgres, and once more for the index outside.
    const looks = other ? 2 : 1
    let made = 0
    try {
      const count = await documents.rebuild((done) => {
        made = done
        return note(done / looks)
      })
      await other?.rebuild((done) => note((made + done) / looks))
      await noteRebuild(database, id, (await readRebuild(database)).artifacts)
      await endRebuild(database, id, { documents: count })
    } catch (error) {
      if (limits.signal.aborted) throw error
      log.error({ err: error }, 'search documents could not be indexed anew')
      await endRebuild(database, id, { error: error instanceof Error ? error.message : String(error) })
    }
  }

  /** Ends what has been at it for too long, or whose place another one took. */
  #noting(id: string, { signal, longestMs }: RebuildLimits): (done: number) => Promise<void> {
    const until = performance.now() + longestMs
    let notedAt = performance.now()
    return async (done) => {
      signal.throwIfAborted()
      const now = performance.now()
      if (now > until) throw new Error(`not done after ${longestMs / 60_000} minutes`)
      if (now < notedAt + noteMs) return
      notedAt = now
      if (!(await noteRebuild(this.#deps.database, id, Math.floor(done)))) throw new RebuildUnderway()
    }
  }
}

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
import type { Rebuilds } from './rebuilds.ts'

/** Documents outside of Postgres, made from what Postgres has. */
interface OtherIndex {
  rebuild(): Promise<number>
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

  async run(id: string, signal: AbortSignal): Promise<void> {
    const { database, documents, other, log } = this.#deps
    if (!(await noteRebuild(database, id, 0))) return
    let notedAt = performance.now()
    try {
      const count = await documents.rebuild(async (done) => {
        signal.throwIfAborted()
        if (performance.now() < notedAt + noteMs) return
        notedAt = performance.now()
        await noteRebuild(database, id, done)
      })
      await other?.rebuild()
      await noteRebuild(database, id, (await readRebuild(database)).artifacts)
      await endRebuild(database, id, { documents: count })
    } catch (error) {
      if (signal.aborted) throw error
      log.error({ err: error }, 'search documents could not be indexed anew')
      await endRebuild(database, id, { error: error instanceof Error ? error.message : String(error) })
    }
  }
}

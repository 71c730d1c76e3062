import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { Completion, Completions } from '../../metadata/completions.contract.ts'
import { baseMarker } from '../fragments.ts'
import { declaredNeeds } from '../tarball/declared-needs.ts'
import { holdPlace, keepPlace, needsAfter, type StoredNeeds } from './needs.queries.ts'

/** Versions that were published when their metadata did not say yet what they depend on. */
export interface NeedsUpkeep {
  /** Reads it out of what is stored of the packages, once, for some seconds each call; answers how many versions were looked at. */
  run(signal: AbortSignal): Promise<number>
}
export const NeedsUpkeep = service<NeedsUpkeep>('packuments.needs_upkeep')

export interface NeedsUpkeepDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly completions: Completions
  readonly log: Logger
}

/** A description may have a megabyte. */
const sliceSize = 25
const runMs = 5_000

export class NeedsUpkeepService implements NeedsUpkeep {
  readonly #deps: NeedsUpkeepDeps

  constructor(deps: NeedsUpkeepDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<number> {
    const until = performance.now() + runMs
    let done = 0
    for (let slice = sliceSize; slice === sliceSize && !signal.aborted && performance.now() < until; done += slice)
      slice = await this.#deps.transaction.run(() => this.#slice())
    return done
  }

  async #slice(): Promise<number> {
    const { database, completions } = this.#deps
    const place = await holdPlace(database)
    if (!place) return 0
    const stored = await needsAfter(database, place, sliceSize)
    await completions.complete(stored.flatMap((one) => this.#completionOf(one)))
    await keepPlace(database, stored.length < sliceSize ? null : (stored.at(-1)?.versionId ?? null))
    return stored.length
  }

  #completionOf({ versionId, abbreviated }: StoredNeeds): Completion[] {
    if (abbreviated === null) return []
    try {
      const members = declaredNeeds(JSON.parse(`${abbreviated.replaceAll(baseMarker, '')}}`))
      return Object.keys(members).length === 0 ? [] : [{ versionId, members }]
    } catch (err) {
      this.#deps.log.warn({ err, versionId }, 'the stored description of a package cannot be read')
      return []
    }
  }
}

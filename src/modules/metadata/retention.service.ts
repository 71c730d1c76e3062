import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { type Page, pageOf } from '../../shared/types/page.ts'
import { type Artifact, type Located, ManifestExpired, type Namespace, type PageQuery } from './contract.ts'
import { artifactColumns, type Directory } from './directory.ts'
import { type Locator, resourceOf } from './locator.ts'
import { readCursor } from './page.ts'
import { type ExpiredRow, expiredTags, hasRules } from './retention-query.ts'
import type { ExpiredTag, Retention, RetentionResult } from './retention-view.ts'
import { isImmutableTag } from './tag-rules.ts'
import type { TagSweep } from './tag-sweep.ts'

export interface RetentionServiceDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
}

interface Collaborators {
  readonly directory: Directory
  readonly locator: Locator
  readonly sweep: TagSweep
}

const batch = 500
const mostPerCall = 10_000

interface Run {
  readonly caller?: Principal
  readonly atMost: number
  readonly signal?: AbortSignal
}

/** Takes away plain tags that the rules of their namespace no longer keep. */
export class RetentionService implements Retention {
  readonly #deps: RetentionServiceDeps
  readonly #with: Collaborators

  constructor(deps: RetentionServiceDeps, collaborators: Collaborators) {
    this.#deps = deps
    this.#with = collaborators
  }

  async preview(principal: Principal, name: string, { cursor, limit }: PageQuery): Promise<Page<ExpiredTag>> {
    const namespace = await this.#with.locator.namespace(principal, name, 'manage')
    const [artifact, tag] = readCursor(cursor, ['text', 'text'])
    const after = artifact !== undefined && tag !== undefined ? ([artifact, tag] as const) : undefined
    const page = pageOf(await this.#expired(namespace, { limit: limit + 1, ...(after && { after }) }), limit, keyOf)
    const items = page.items.filter(isLoose(namespace))
    return {
      ...page,
      items: items.map(({ artifact, name: tag, manifestDigest, updatedAt }) => ({ artifact, tag, manifestDigest, updatedAt })),
    }
  }

  async apply(principal: Principal, name: string): Promise<RetentionResult> {
    const namespace = await this.#with.locator.namespace(principal, name, 'manage')
    return this.#run(namespace.name, { caller: principal, atMost: mostPerCall })
  }

  async applyAll(signal: AbortSignal): Promise<number> {
    const namespaces = await this.#deps.database.sql<{ name: string }>`select name from namespaces
      where settings ? 'retention' and state = 'active' order by name`
    let removed = 0
    const failures: unknown[] = []
    for (const { name } of namespaces) {
      if (signal.aborted) break
      try {
        removed += (await this.#run(name, { atMost: Number.POSITIVE_INFINITY, signal })).removed
      } catch (error) {
        failures.push(error)
      }
    }
    // One that fails each time must not keep the others waiting.
    if (failures.length > 0) throw new AggregateError(failures, `retention failed in ${failures.length} namespaces`)
    return removed
  }

  async #run(name: string, { caller, atMost, signal }: Run): Promise<RetentionResult> {
    let removed = 0
    let after: readonly [string, string] | undefined
    while (removed < atMost && !signal?.aborted) {
      const namespace = await this.#with.directory.currentNamespace(name)
      const rows = namespace ? await this.#expired(namespace, { limit: batch, ...(after && { after }) }) : []
      for (const [artifactId, tags] of Map.groupBy(rows, (row) => row.artifactId))
        removed += await this.#removeOf(name, artifactId, { tags, ...(caller && { caller }) })
      const last = rows.at(-1)
      if (rows.length < batch || !last) return { removed, complete: true }
      after = keyOf(last)
    }
    return { removed, complete: false }
  }

  /** Judged again under the lock, by the rules of that moment: a tag may have moved since it was found. */
  #removeOf(
    name: string,
    artifactId: string,
    { tags, caller }: { readonly tags: readonly ExpiredRow[]; readonly caller?: Principal },
  ): Promise<number> {
    const { database, transaction } = this.#deps
    return transaction.run(async () => {
      const [artifact] = await database.sql<Artifact>`select ${artifactColumns} from artifacts a join namespaces n on n.id = a.namespace_id
        where a.id = ${artifactId} for no key update of a`
      const namespace = await this.#with.directory.currentNamespace(name)
      if (!artifact || !namespace) return 0
      const only = { artifactId, tags: tags.map((tag) => tag.name) }
      const expired = (await this.#expired(namespace, { limit: batch, only })).filter(isLoose(namespace))
      const located: Located = { namespace, artifact, resource: resourceOf(namespace, artifact), ...(caller && { caller }) }
      await this.#with.sweep.drop(located, expired, 'retention')
      await this.#letGo(artifactId, expired)
      return expired.length
    })
  }

  async #letGo(artifactId: string, tags: readonly ExpiredRow[]): Promise<void> {
    const { database, events } = this.#deps
    const [clock] = await database.sql<{ expiredAt: string }>`select clock_timestamp()::text as "expiredAt"`
    if (!clock) throw new Error('the database told no time')
    for (const manifestDigest of new Set(tags.map((tag) => tag.manifestDigest)))
      await events.emit(ManifestExpired, { artifactId, manifestDigest, ...clock })
  }

  async #expired(
    { id, settings: { retention } }: Namespace,
    query: Omit<Parameters<typeof expiredTags>[2], 'rules'>,
  ): Promise<ExpiredRow[]> {
    return retention && hasRules(retention) ? expiredTags(this.#deps.database, id, { ...query, rules: retention }) : []
  }
}

const keyOf = ({ artifact, name }: ExpiredRow): [string, string] => [artifact, name]

const isLoose =
  ({ settings }: Namespace) =>
  ({ name }: ExpiredRow): boolean =>
    !isImmutableTag(name, settings)

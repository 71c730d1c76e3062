import type { Database } from '../../../shared/kernel/database.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { isRegistryAdmin } from '../../../shared/kernel/registry-admin.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { Authorizer } from '../../auth/contract.ts'
import { NotAllowed } from '../../auth/errors.ts'
import type { Catalog } from '../../metadata/contract.ts'
import type { AnalyticsSettings } from '../settings.ts'
import { boundsOf, keptFrom, type Range, type RangeQuery, readRange, refuseForgotten, refuseLonger } from './range.ts'
import {
  missedSearches,
  namespaceByTime,
  namespacePublishesByTime,
  namespaceTotals,
  type TopQuery,
  type TopRow,
  topArtifacts,
  trafficByTime,
} from './registry.queries.ts'

export interface RegistryNumbersDeps {
  readonly database: Database
  readonly authorizer: Authorizer
  readonly catalog: Catalog
  readonly settings: AnalyticsSettings
}

const topOfNamespace = 20
/** Each day has a row for each artifact that was downloaded on it. */
const maxDays = 372

/** Numbers of many artifacts: what is most wanted, what a namespace has, what the registry does. */
export class RegistryNumbersService {
  readonly #deps: RegistryNumbersDeps

  constructor(deps: RegistryNumbersDeps) {
    this.#deps = deps
  }

  async top(principal: Principal, query: TopQuery): Promise<TopRow[]> {
    const { database, authorizer } = this.#deps
    return topArtifacts(database, await authorizer.sight(principal), query)
  }

  /** For whoever may publish there. Throws what the catalog throws for the namespace. */
  async namespace(principal: Principal, name: string, query: RangeQuery) {
    const range = readRange(query, new Date())
    refuseLonger(range, maxDays)
    const { database, authorizer, catalog } = this.#deps
    const namespace = await catalog.namespace(principal, name, 'preview')
    const [totals, downloads, publishes, top] = await Promise.all([
      namespaceTotals(database, namespace.id),
      namespaceByTime(database, namespace.id, range),
      namespacePublishesByTime(database, namespace.id, range),
      topArtifacts(database, await authorizer.sight(principal), { days: 30, namespace: namespace.name, limit: topOfNamespace }),
    ])
    const [counted, published] = [downloads, publishes].map((rows) => new Map(rows.map((row) => [row.start, row])))
    const items = range.starts.map((start) => {
      const none = { downloads: 0, installs: 0, clientDays: 0, publishes: 0 }
      return { start, ...none, ...counted?.get(start), ...published?.get(start) }
    })
    return { namespace: namespace.name, ...totals, ...boundsOf(range), top, items }
  }

  /** For administrators of the whole registry, as is what follows. Throws RangeInvalid. */
  async requests(principal: Principal, query: RangeQuery) {
    const range = entered(principal, query)
    const { database, settings } = this.#deps
    refuseForgotten(range, { what: 'requests', days: settings.hourlyDays, now: new Date() })
    const items = await trafficByTime(database, 'request', range)
    return { ...boundsOf(range), items }
  }

  /** What nothing was found for is kept for other times than how often: where the latter is gone it is null. Throws RangeInvalid. */
  async searches(principal: Principal, query: RangeQuery, limit: number) {
    const range = entered(principal, query)
    const { database, settings } = this.#deps
    const first = keptFrom(settings.hourlyDays, new Date())
    const [rows, missed] = await Promise.all([trafficByTime(database, 'search', range), missedSearches(database, range, limit)])
    const items = range.starts.map((start) => {
      if (start < first) return { start, searches: null, withoutResults: null }
      const of = rows.filter((row) => row.start === start)
      const sum = (some: typeof rows) => some.reduce((before, { count }) => before + count, 0)
      return { start, searches: sum(of), withoutResults: sum(of.filter(({ outcome }) => outcome === 'nothing')) }
    })
    return { ...boundsOf(range), items, missed }
  }
}

export const RegistryNumbers = service<RegistryNumbersService>('analytics.registry_numbers')

function entered(principal: Principal, query: RangeQuery): Range {
  if (!isRegistryAdmin(principal)) throw new NotAllowed()
  return readRange(query, new Date())
}

import type { Client, estypes } from '@elastic/elasticsearch'
import type { Database } from '../../../shared/kernel/database.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import type { Sight } from '../../auth/contract.ts'
import type { FacetValue, SearchFacets } from '../contract.ts'
import { CatalogFailed, OtherKnowsBetter } from '../fallback-driver.ts'
import type { SearchDocument } from '../search-document.ts'
import {
  type DocumentBatch,
  type DriverQuery,
  type FoundPage,
  maxRanked,
  type SearchDriver,
  type SuggestedArtifact,
} from '../search-driver.ts'
import type { SearchText } from '../search-text.ts'
import { type Alike, alikeNames, typedName } from './alike.ts'
import { type Write, writeBulk } from './bulk.ts'
import { fencedArtifacts, findMaintainer, nextNumber } from './changes.queries.ts'
import { alikeRequest, facetsRequest, matchingRequest, namespaceRequest, suggestRequest, type Wanted } from './find-request.ts'
import { toIndexed } from './indexed-document.ts'
import type { Indexes } from './indexes.ts'
import { rebuildIndex } from './rebuild.ts'
import { partsOf, type Standing, scoreOf, tierOf } from './relevance.ts'

export interface ElasticsearchDriverDeps {
  readonly client: Client
  readonly indexes: Indexes
  readonly database: Database
  readonly log: Logger
  /** A search that took longer fails. */
  readonly timeoutMs: number
}

/** More than the index can be asked to leave out; Postgres answers until it has caught up. */
const maxFenced = 1_000

export class IndexFarBehind extends OtherKnowsBetter {
  constructor() {
    super(`more than ${maxFenced} artifacts changed who may see them since Elasticsearch was told`)
  }
}

/** What was asked before took all the time there was: that Elasticsearch does not answer in the rest says nothing of it. */
export class NoTimeLeft extends OtherKnowsBetter {
  constructor() {
    super('the search had no time left for Elasticsearch')
  }
}

/** However long it took until it was asked. */
const leastMs = 50
/** Who had this share of the time a search may take, and did not answer, does not answer. */
const nearlyAll = 0.9

/** How long Elasticsearch is waited for. */
interface Patience {
  readonly signal: AbortSignal
  /** Much less than a search there may take. */
  readonly isShort: boolean
}

const ofCatalog = <T>(reading: Promise<T>): Promise<T> =>
  reading.catch((error: unknown) => {
    throw new CatalogFailed(error)
  })

type Fields = Standing & { readonly artifactId: string }

/** Search in Elasticsearch: what is found, and in which order. Who may see it is part of each query. */
export class ElasticsearchDriver implements SearchDriver {
  readonly name = 'elasticsearch'
  readonly #deps: ElasticsearchDriverDeps

  constructor(deps: ElasticsearchDriverDeps) {
    this.#deps = deps
  }

  async find(sight: Sight, query: DriverQuery): Promise<FoundPage> {
    const { maintainer } = query
    const [fenced, foundMaintainer] = await Promise.all([
      this.#fenced(),
      maintainer === undefined ? undefined : ofCatalog(findMaintainer(this.#deps.database, maintainer)),
    ])
    const wanted: Wanted = { sight, query, fenced, maintainer: foundMaintainer, now: Date.now() }
    const patience = this.#patience(query.deadline)
    const answer = await this.#search(matchingRequest(wanted), patience)
    const page = pageOf(answer, wanted)
    const isLimited = query.candidates?.some(({ mode }) => mode === 'only') ?? false
    const typed = query.text && !isLimited ? typedName(query.text) : undefined
    return page.total === 0 && typed !== undefined ? this.#alike(wanted, typed, patience) : page
  }

  async suggest(sight: Sight, text: SearchText, limit: number): Promise<readonly SuggestedArtifact[]> {
    const wanted = { sight, fenced: await this.#fenced(), now: Date.now() }
    const patience = this.#patience()
    const begun = (await this.#search(suggestRequest(wanted, text, limit), patience)).hits.hits.map(fieldsOf)
    const typed = typedName(text)
    if (begun.length > 0 || typed === undefined) return begun.map(toSuggested)
    const query = { text, offset: 0, limit }
    const alike = alikeNames(await this.#candidates({ ...wanted, query, maintainer: undefined }, typed, patience), {
      typed,
      query,
      now: wanted.now,
    })
    return alike.slice(0, limit).map(({ fields }) => toSuggested(fields))
  }

  /** Whoever has changes with numbers of their own writes them in bulk: here those count as the newest. */
  async write(documents: readonly SearchDocument[]): Promise<void> {
    const number = await nextNumber(this.#deps.database)
    await this.#writeAll(documents.map((document) => ({ artifactId: document.artifactId, number, document: toIndexed(document) })))
  }

  async drop(artifactIds: readonly string[]): Promise<void> {
    const number = await nextNumber(this.#deps.database)
    await this.#writeAll(artifactIds.map((artifactId) => ({ artifactId, number })))
  }

  async rebuild(batches: AsyncIterable<DocumentBatch>): Promise<number> {
    return rebuildIndex(this.#deps, batches)
  }

  async #writeAll(writes: readonly Write[]): Promise<void> {
    const { client, indexes, log } = this.#deps
    await writeBulk(client, writes, { aliases: (await indexes.state()).targets, isSeen: true, log })
  }

  /** Begins now: what Postgres was asked before is not held against Elasticsearch. */
  #patience(deadline = Number.POSITIVE_INFINITY): Patience {
    const { timeoutMs } = this.#deps
    const leftMs = Math.max(leastMs, deadline - performance.now())
    return { signal: AbortSignal.timeout(Math.ceil(Math.min(timeoutMs, leftMs))), isShort: leftMs < nearlyAll * timeoutMs }
  }

  async #fenced(): Promise<string[]> {
    const fenced = await ofCatalog(fencedArtifacts(this.#deps.database, maxFenced + 1))
    if (fenced.length > maxFenced) throw new IndexFarBehind()
    return fenced
  }

  async #search(request: estypes.SearchRequest, { signal, isShort }: Patience): Promise<estypes.SearchResponse> {
    try {
      return await this.#deps.client.search({ index: this.#deps.indexes.names.read, ...request }, { signal })
    } catch (error) {
      if (isShort && signal.aborted) throw new NoTimeLeft()
      throw error
    }
  }

  /** Of `namespace/name` names in that namespace, where the caller sees anything in it; else such a name anywhere. */
  async #candidates(wanted: Wanted, typed: string, patience: Patience): Promise<Fields[]> {
    const within = wanted.query.text?.scoped?.namespace
    const inside = within === undefined ? [] : (await this.#search(namespaceRequest(wanted, within), patience)).hits.hits
    const namespace = inside.length > 0 ? within : undefined
    return (await this.#search(alikeRequest(wanted, { typed, namespace }), patience)).hits.hits.map(fieldsOf)
  }

  async #alike(wanted: Wanted, typed: string, patience: Patience): Promise<FoundPage> {
    const { query, now } = wanted
    const alike = alikeNames(await this.#candidates(wanted, typed, patience), { typed, query, now })
    const hits = alike.slice(query.offset, query.offset + query.limit).map(({ found }) => found)
    const facets = query.facets === true ? await this.#facetsOf(alike, patience) : undefined
    return { hits, total: alike.length, totalIsExact: true, ...(facets && { facets }) }
  }

  async #facetsOf(alike: readonly Alike<Fields>[], patience: Patience): Promise<SearchFacets> {
    const answer = await this.#search(facetsRequest(alike.map(({ fields }) => fields.artifactId)), patience)
    return facetsOf(answer, false)
  }
}

function pageOf(answer: estypes.SearchResponse, { query, now }: Wanted): FoundPage {
  const { total } = answer.hits
  const [count, isExact] = typeof total === 'object' ? [total.value, total.relation === 'eq'] : [total ?? 0, true]
  const hits = answer.hits.hits.map((hit) => {
    const fields = fieldsOf(hit)
    const tier = tierOf(fields, query.text)
    return { artifactId: fields.artifactId, tier, score: scoreOf(hit._score ?? 0, tier, partsOf(fields, now)) }
  })
  const facets = query.facets === true ? { facets: facetsOf(answer, !isExact) } : {}
  return { hits, total: Math.min(count, maxRanked), totalIsExact: isExact, ...facets }
}

function fieldsOf({ fields }: estypes.SearchHit): Fields {
  const value = (name: string): unknown => fields?.[name]?.[0]
  const { artifactId, name, namespace } = { artifactId: value('artifactId'), name: value('name'), namespace: value('namespace') }
  return {
    ...{ artifactId: String(artifactId), name: String(name), namespace: String(namespace) },
    ...{
      downloads: Number(value('downloads')),
      stars: Number(value('stars')),
      created: Number(value('created')),
      updated: Number(value('updated')),
    },
    ...{ quality: Number(value('quality')), verified: value('verified') === true },
  }
}

const toSuggested = ({ artifactId, namespace, name }: Fields): SuggestedArtifact => ({ artifactId, namespace, name })

function facetsOf({ aggregations = {} }: estypes.SearchResponse, approximate: boolean): SearchFacets {
  const values = (name: string): FacetValue[] => {
    const { buckets } = aggregations[name] as estypes.AggregationsStringTermsAggregate
    return Array.isArray(buckets) ? buckets.map(({ key, doc_count }) => ({ value: String(key), count: doc_count })) : []
  }
  return {
    types: values('types'),
    capabilities: values('capabilities'),
    languages: values('languages'),
    licenses: values('licenses'),
    approximate,
  }
}

import type { estypes } from '@elastic/elasticsearch'
import type { Sight } from '../../auth/contract.ts'
import { licenseId } from '../declared-facts.ts'
import { gatiKey } from '../gati-range.ts'
import { namesBeforeSlip } from '../names-alike.ts'
import { type DriverQuery, maxRanked } from '../search-driver.ts'
import type { SearchText } from '../search-text.ts'
import type { Maintainer } from './changes.queries.ts'
import { minInnerLength, ranked } from './relevance.ts'

type Clause = NonNullable<estypes.QueryDslQueryContainer>

/** All that decides what is found. */
export interface Wanted {
  readonly sight: Sight
  readonly query: DriverQuery
  /** Artifacts of which the index may say something else than the rows who sees them. */
  readonly fenced: readonly string[]
  /** Where the query names one. */
  readonly maintainer: Maintainer | undefined
  /** Milliseconds; freshness is counted from here. */
  readonly now: number
}

const maxFacetValues = 50
/** Read back of every hit: what its score is made of. */
const standing: (string | estypes.QueryDslFieldAndFormat)[] = [
  ...['artifactId', 'name', 'namespace', 'downloads', 'stars', 'verified', 'quality'],
  { field: 'created', format: 'epoch_millis' },
  { field: 'updated', format: 'epoch_millis' },
]

/** Whoever may see it, by the rule of `visibleArtifacts`: what is not active has no document. */
function visible({ sight, fenced }: Pick<Wanted, 'sight' | 'fenced'>): {
  readonly filter: readonly Clause[]
  readonly must_not: readonly Clause[]
} {
  const { everything, accountIds, artifactIds } = sight
  const may: Clause[] = [
    { term: { isPublic: true } },
    ...(accountIds.length > 0 ? [{ terms: { accountId: [...accountIds] } }] : []),
    ...(artifactIds.length > 0 ? [{ terms: { artifactId: [...artifactIds] } }] : []),
  ]
  return {
    filter: everything ? [] : [anyOf(may)],
    must_not: fenced.length > 0 ? [{ terms: { artifactId: [...fenced] } }] : [],
  }
}

const anyOf = (should: Clause[]): Clause => ({ bool: { should, minimum_should_match: 1 } })
const oneOf = (field: string, values: readonly string[] | undefined): Clause[] =>
  values?.length ? [{ terms: { [field]: [...values] } }] : []
const lower = (values: readonly string[] | undefined) => values?.map((value) => value.toLowerCase())

function filters({ query, maintainer }: Wanted): Clause[] {
  const { text, format, type, namespace, keywords, capabilities, language, license, gatiVersion, candidates = [] } = query
  return [
    ...oneOf('format', format && [format]),
    ...oneOf('type', type),
    ...oneOf('namespace', namespace),
    ...oneOf('keywords', lower(keywords)),
    ...oneOf('capabilities', capabilities),
    ...oneOf('languages', lower(language)),
    ...oneOf('licenses', license?.map(licenseId)),
    ...(gatiVersion === undefined ? [] : [allows(gatiKey(gatiVersion) ?? '')]),
    ...(query.maintainer === undefined ? [] : [maintainedBy(maintainer)]),
    ...candidates
      .filter(({ mode }) => mode === 'only' || !text)
      .map(({ scores }): Clause => ({ terms: { artifactId: [...scores.keys()] } })),
  ]
}

const allows = (key: string): Clause => {
  const until = anyOf([
    { range: { 'gatiIntervals.until': { gt: key } } },
    { bool: { must_not: [{ exists: { field: 'gatiIntervals.until' } }] } },
  ])
  return { nested: { path: 'gatiIntervals', query: { bool: { filter: [{ range: { 'gatiIntervals.from': { lte: key } } }, until] } } } }
}

const maintainedBy = (maintainer: Maintainer | undefined): Clause =>
  maintainer
    ? anyOf([
        { term: { publishedBy: maintainer.userId } },
        { term: { accountId: maintainer.userId } },
        { terms: { artifactId: [...maintainer.artifactIds] } },
      ])
    : { match_none: {} }

const begins = ({ name, scoped }: SearchText): Clause[] =>
  scoped
    ? [
        { prefix: { name: { value: name } } },
        { bool: { filter: [{ term: { namespace: scoped.namespace } }, { prefix: { name: { value: scoped.name } } }] } },
      ]
    : [{ prefix: { name: { value: name } } }]

/** All words, by their stem or the last by its beginning, or a part of the name; or what something else found. */
function matches({ query }: Wanted, text: SearchText): Clause {
  const { words, prefixes, name } = text
  const also = (query.candidates ?? []).filter(({ mode }) => mode === 'also').flatMap(({ scores }) => [...scores.keys()])
  return anyOf([
    ...(words === '' ? [] : [{ match: { stemmed: { query: words, operator: 'and' as const } } }, written(words, prefixes !== '')]),
    ...begins(text),
    ...(name.length >= minInnerLength ? [{ match_phrase: { 'name.inner': name } }] : []),
    ...oneOf('artifactId', also),
  ])
}

/** Every word as it is written, of the last the beginning; of a description only the stems are known. */
function written(words: string, isBeginning: boolean): Clause {
  const filter = words
    .split(' ')
    .map((word, at, all) =>
      isBeginning && at === all.length - 1
        ? anyOf([{ match: { all: word } }, { match: { 'description.begins': word } }])
        : anyOf([{ match: { 'all.words': word } }, { match: { description: { query: word, analyzer: 'words' } } }]),
    )
  return { bool: { filter } }
}

/** How much a word says of a document by where it stands, as the weights A to D of the other driver. */
const boosts = { 'name.stems': 10, 'name.words': 5, 'keywords.stems': 5, namespaceText: 5, description: 2, all: 1 } as const

function found(wanted: Wanted): Clause {
  const { text, candidates } = wanted.query
  const { filter, must_not } = visible(wanted)
  const should = text ? Object.entries(boosts).map(([field, boost]): Clause => ({ match: { [field]: { query: text.words, boost } } })) : []
  const bool = {
    filter: [...filter, ...filters(wanted), ...(text ? [matches(wanted, text)] : [])],
    must_not: [...must_not],
    should,
    minimum_should_match: 0,
  }
  const ranking = { text, isRanked: text !== undefined, now: wanted.now, ...(candidates && { candidates }) }
  return ranked({ bool }, ranking)
}

const byValue = (field: string): estypes.AggregationsAggregationContainer => ({
  terms: { field, size: maxFacetValues, order: [{ _count: 'desc' }, { _key: 'asc' }] },
})
const facets = {
  types: byValue('type'),
  capabilities: byValue('capabilities'),
  languages: byValue('languages'),
  licenses: byValue('licenses'),
}
const withFacets = ({ query }: Wanted) => (query.facets === true ? { aggs: facets } : {})

/** What has the text in its name or its words, or everything without one. */
export function matchingRequest(wanted: Wanted): estypes.SearchRequest {
  const { sortBy = 'relevance', sortOrder = 'desc', offset, limit, text, candidates } = wanted.query
  const byScore = { _score: { order: sortOrder } }
  const first = sortBy === 'relevance' ? byScore : { [sortBy]: { order: sortOrder } }
  // Everything is in one order of which the other is the reverse; matches that are as good are in that of their ids.
  const then = text || candidates ? [byScore, { artifactId: { order: 'asc' as const } }] : [{ artifactId: { order: sortOrder } }]
  return {
    ...{ query: found(wanted), from: offset, size: limit, docvalue_fields: standing, _source: false },
    ...{ track_total_hits: maxRanked, track_scores: true },
    sort: [first, ...then],
    ...withFacets(wanted),
  }
}

/** So many names that share threes of characters with the text, the likest of which may have been meant. */
const maxAlike = 300
/** Before all that share threes of characters alone. */
const beforeSlipBoost = 1_000

export function alikeRequest(
  wanted: Wanted,
  { typed, namespace }: { readonly typed: string; readonly namespace: string | undefined },
): estypes.SearchRequest {
  const { filter, must_not } = visible(wanted)
  const within = namespace === undefined ? [] : [{ term: { namespace } }]
  const alike: Clause = { match: { 'name.trigrams': { query: typed, minimum_should_match: '30%' } } }
  const must = [anyOf([alike, { terms: { name: namesBeforeSlip(typed), boost: beforeSlipBoost } }])]
  const query = { bool: { must, filter: [...filter, ...filters(wanted), ...within], must_not: [...must_not] } }
  return { query, size: maxAlike, docvalue_fields: standing, _source: false, track_total_hits: false }
}

/** One of what the caller sees in a namespace. */
export function namespaceRequest(wanted: Pick<Wanted, 'sight' | 'fenced'>, namespace: string): estypes.SearchRequest {
  const { filter, must_not } = visible(wanted)
  return {
    query: { bool: { filter: [...filter, { term: { namespace } }], must_not: [...must_not] } },
    size: 1,
    _source: false,
    track_total_hits: false,
  }
}

/** Of artifacts that were found otherwise. */
export const facetsRequest = (artifactIds: readonly string[]): estypes.SearchRequest => ({
  ...{ query: { terms: { artifactId: [...artifactIds] } }, size: 0, track_total_hits: false, aggs: facets },
})

/** Names that begin with the text, or with the name in `namespace/name`. */
export function suggestRequest(wanted: Pick<Wanted, 'sight' | 'fenced' | 'now'>, text: SearchText, limit: number): estypes.SearchRequest {
  const { filter, must_not } = visible(wanted)
  // Of a name with a namespace only the second way counts.
  const bool = { filter: [...filter, ...begins(text).slice(-1)], must_not: [...must_not] }
  const query = ranked({ bool }, { text, isRanked: false, now: wanted.now })
  const sort = [{ _score: { order: 'desc' as const } }, { artifactId: { order: 'asc' as const } }]
  return { query, size: limit, docvalue_fields: standing, _source: false, track_total_hits: false, sort }
}

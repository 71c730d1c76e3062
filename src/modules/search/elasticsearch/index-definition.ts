import type { estypes } from '@elastic/elasticsearch'

/** Raised whenever indexes are made in another way: an index of an older one is built anew while it goes on answering. */
export const indexForm = 1

/** Longer words are found by their beginning. */
const longestPrefix = 20

/** Names of one registry in a cluster. */
export interface IndexNames {
  readonly template: string
  /** Matches every index of documents and nothing else. */
  readonly pattern: string
  /** Alias that searches ask. */
  readonly read: string
  /** Alias that changes go to. */
  readonly write: string
  /** Alias of the index that is being built; changes go there too. */
  readonly next: string
  /** A concrete index. */
  index(number: number): string
  /** Undefined for what is no index of documents. */
  numberOf(index: string): number | undefined
}

export function indexNames(prefix: string): IndexNames {
  const read = `${prefix}-artifacts`
  return {
    ...{ template: read, pattern: `${read}-v*`, read, write: `${read}-write`, next: `${read}-next` },
    index: (number) => `${read}-v${number}`,
    numberOf(index) {
      const number = index.startsWith(`${read}-v`) ? index.slice(read.length + 2) : ''
      return /^\d{1,9}$/.test(number) ? Number(number) : undefined
    },
  }
}

const keyword: estypes.MappingProperty = { type: 'keyword', ignore_above: 1_000 }
const text = (analyzer: string, search_analyzer = analyzer): estypes.MappingTextProperty => ({ type: 'text', analyzer, search_analyzer })
const stems = text('stems')

/** Strict: a document that says more than the mapping knows is refused, not guessed at. */
const properties: Record<string, estypes.MappingProperty> = {
  ...{ artifactId: keyword, namespaceId: keyword, accountId: keyword, publishedBy: keyword, namespace: keyword },
  ...{ format: keyword, type: keyword, capabilities: keyword, languages: keyword, licenses: keyword },
  ...{ isPublic: { type: 'boolean' }, verified: { type: 'boolean' } },
  ...{ downloads: { type: 'long' }, stars: { type: 'long' }, quality: { type: 'float' } },
  ...{ created: { type: 'date' }, updated: { type: 'date' } },
  name: {
    type: 'keyword',
    copy_to: ['all', 'stemmed'],
    fields: { stems, words: text('words'), trigrams: text('trigrams'), inner: text('inner') },
  },
  namespaceText: { ...text('words'), copy_to: ['all', 'stemmed'] },
  keywords: { type: 'keyword', ignore_above: 1_000, copy_to: ['all', 'stemmed'], fields: { stems } },
  description: { ...stems, copy_to: 'stemmed', fields: { begins: text('stem-prefixes', 'cut-words') } },
  more: { ...text('words'), copy_to: ['all', 'stemmed'] },
  // Words of one search may be scattered over the fields of a document.
  all: { ...text('prefixes', 'cut-words'), fields: { words: text('words') } },
  stemmed: stems,
  gatiIntervals: { type: 'nested', properties: { from: keyword, until: keyword } },
}

/** Words as people part them (`left-pad`, `a/b`), as Postgres sees them in the other driver. */
const analysis: estypes.IndicesIndexSettings['analysis'] = {
  tokenizer: {
    parted: { type: 'pattern', pattern: '[^\\p{L}\\p{N}]+' },
    // All threes of neighbouring characters, so that a phrase of them is a part of the name.
    threes: { type: 'ngram', min_gram: 3, max_gram: 3 },
  },
  filter: {
    beginnings: { type: 'edge_ngram', min_gram: 2, max_gram: longestPrefix },
    cut: { type: 'truncate', length: longestPrefix },
    stopped: { type: 'stop', stopwords: '_english_' },
    stemmed: { type: 'stemmer', language: 'porter2' },
    padded: { type: 'pattern_replace', pattern: '^(.*)$', replacement: '  $1 ', all: false },
    threes: { type: 'ngram', min_gram: 3, max_gram: 3 },
    once: { type: 'unique' },
  },
  analyzer: {
    words: { type: 'custom', tokenizer: 'parted', filter: ['lowercase'] },
    stems: { type: 'custom', tokenizer: 'parted', filter: ['lowercase', 'stopped', 'stemmed'] },
    prefixes: { type: 'custom', tokenizer: 'parted', filter: ['lowercase', 'beginnings'] },
    'stem-prefixes': { type: 'custom', tokenizer: 'parted', filter: ['lowercase', 'stopped', 'stemmed', 'beginnings'] },
    'cut-words': { type: 'custom', tokenizer: 'parted', filter: ['lowercase', 'cut'] },
    trigrams: { type: 'custom', tokenizer: 'parted', filter: ['lowercase', 'padded', 'threes', 'once'] },
    inner: { type: 'custom', tokenizer: 'threes', filter: ['lowercase'] },
  },
}

/** What every index of documents is made from. */
export const indexTemplate = (names: IndexNames, replicas: number): estypes.IndicesPutIndexTemplateRequest => ({
  name: names.template,
  index_patterns: [names.pattern],
  version: indexForm,
  priority: 500,
  template: {
    settings: {
      number_of_replicas: replicas,
      // One shard counts exactly, and holds more artifacts than any registry has.
      number_of_shards: 1,
      refresh_interval: '500ms',
      // For so long a late write of what was deleted meanwhile is known to be late.
      gc_deletes: '1h',
      analysis,
    },
    mappings: { dynamic: 'strict', _meta: { form: indexForm }, properties },
  },
})

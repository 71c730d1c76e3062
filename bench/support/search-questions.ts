import { Seeded } from '../../test/support/seeded.ts'
import type { Corpus } from '../../test/support/seeded-registry/corpus.ts'
import { type CorpusArtifact, isListed, isPublic } from '../../test/support/seeded-registry/corpus-artifact.ts'
import { typoOf } from '../../test/support/seeded-registry/known-answers.ts'
import { topics } from '../../test/support/seeded-registry/topics.ts'
import type { Ask } from './open-loop.ts'

const sampleSize = 5_000
const addresses = 250

export interface QuestionsOptions {
  readonly corpus: Corpus
  readonly authorizations: readonly string[]
  readonly seed: string
  /** Whether the server answers facets. */
  readonly facets: boolean
}

/** What people ask a registry, in shares that are guessed: names, words, what is being typed, filters, lists, slips of fingers. */
export class SearchQuestions {
  readonly #seeded: Seeded
  readonly #artifacts: [CorpusArtifact, ...CorpusArtifact[]]
  readonly #words: [string, ...string[]]
  readonly #options: QuestionsOptions
  readonly #kinds: readonly (readonly [kind: string, weight: number, make: () => URLSearchParams])[]

  constructor(options: QuestionsOptions) {
    this.#options = options
    this.#seeded = new Seeded(options.seed)
    this.#artifacts = sampleOf(options.corpus) as [CorpusArtifact]
    this.#words = topics.flatMap(({ things, deeds, parts }) => [...things.flat(), ...deeds.flat(), ...parts]) as [string]
    const query = (text: string, more: Readonly<Record<string, string>> = {}) => new URLSearchParams({ query: text, ...more })
    this.#kinds = [
      ['exact name', 20, () => query(this.#artifact.name)],
      ['namespace/name', 5, () => query(`@${this.#artifact.namespace.name}/${this.#artifact.name}`)],
      ['one word', 15, () => query(this.#word)],
      ['two words', 13, () => query(this.#described(2))],
      ['three words', 5, () => query(this.#described(3))],
      ['beginning', 15, () => query(this.#beginning)],
      ['word and filter', 8, () => this.#filtered(query(this.#word))],
      ['filter alone', 4, () => this.#filtered(query(''))],
      ...(options.facets ? [['word with facets', 8, () => this.#filtered(query(this.#word, { facets: 'true' }), 30)] as const] : []),
      ...(options.facets ? [['everything with facets', 2, () => query('', { facets: 'true' })] as const] : []),
      ['everything, sorted', 3, () => query('', { sortBy: this.#seeded.pick(['relevance', 'downloads', 'stars', 'updated', 'created']) })],
      ['typo', 6, () => query(typoOf(this.#seeded, this.#artifact.name))],
      ['later page', 4, () => query(this.#word, { page: String(2 + this.#seeded.below(4)) })],
    ]
  }

  search(): Ask {
    let left = this.#seeded.below(this.#kinds.reduce((sum, [, weight]) => sum + weight, 0))
    for (const [kind, weight, make] of this.#kinds) {
      left -= weight
      if (left < 0) return { kind, path: `/v1/search?${make()}`, headers: this.#headers() }
    }
    throw new Error('weights are positive')
  }

  /** What a field asks for while somebody types: beginnings, some of them with a slip. */
  suggest(): Ask {
    const isSlip = this.#seeded.chance(15)
    const typed = isSlip ? typoOf(this.#seeded, this.#artifact.name).slice(0, 8) : this.#beginning
    return {
      kind: isSlip ? 'slip' : `${Math.min(typed.length, 6)} letters`,
      path: `/v1/search/suggest?${new URLSearchParams({ query: typed })}`,
      headers: this.#headers(),
    }
  }

  get #artifact(): CorpusArtifact {
    return this.#seeded.pick(this.#artifacts)
  }

  get #word(): string {
    return this.#seeded.pick(this.#words)
  }

  get #beginning(): string {
    const { name } = this.#artifact
    return name.slice(0, 2 + this.#seeded.below(Math.min(8, name.length - 2)))
  }

  #described(count: number): string {
    const words = this.#artifact.description.toLowerCase().match(/[a-z]{4,}/g) as [string]
    return Array.from({ length: count }, () => this.#seeded.pick(words)).join(' ')
  }

  #filtered(query: URLSearchParams, percent = 60): URLSearchParams {
    const { type, namespace, license, language, capabilities } = this.#artifact
    if (this.#seeded.chance(percent)) query.append('type', type)
    if (this.#options.facets && license !== null && this.#seeded.chance(percent / 2)) query.append('license', license)
    if (this.#options.facets && language !== null && this.#seeded.chance(percent / 2)) query.append('language', language)
    if (this.#options.facets && capabilities[0] && this.#seeded.chance(percent / 3)) query.append('capabilities', capabilities[0])
    if (query.size === 1) query.append('namespace', namespace.name)
    return query
  }

  /** Half of them strangers, each from an address of its own, half of them people with rights. */
  #headers(): Record<string, string> {
    const address = `198.51.100.${this.#seeded.below(addresses)}`
    const authorization = this.#options.authorizations[this.#seeded.below(this.#options.authorizations.length * 2)]
    return { 'x-forwarded-for': address, ...(authorization && { authorization }) }
  }
}

function sampleOf(corpus: Corpus): CorpusArtifact[] {
  const step = Math.max(1, Math.floor(corpus.size / sampleSize))
  const found: CorpusArtifact[] = []
  let at = 0
  for (const artifact of corpus.artifacts()) if (at++ % step === 0 && isListed(artifact) && isPublic(artifact)) found.push(artifact)
  return found
}

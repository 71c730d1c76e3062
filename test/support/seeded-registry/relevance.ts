import type { SearchFacets, SearchPage, SearchQuery } from '../../../src/modules/search/contract.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { Seeded } from '../seeded.ts'
import type { CorpusArtifact } from './corpus-artifact.ts'
import {
  type CorpusCaller,
  type CorpusFacets,
  type CorpusFilter,
  facetsOf,
  type KnownAnswers,
  maySee,
  passes,
  typoOf,
} from './known-answers.ts'
import { markers } from './names.ts'

/** Whatever searches the corpus: the service with either driver, or one on the other side of HTTP. */
export interface Searching {
  find(principal: Principal, query: SearchQuery): Promise<SearchPage>
}

export interface Checked {
  readonly asked: number
  /** What was answered otherwise, in words. */
  readonly wrong: readonly string[]
}

/** Searches as many samples as `count` says; the same ones for the same answers. */
export type RelevanceCheck = (searching: Searching, answers: KnownAnswers, count: number) => Promise<Checked>

const page = { offset: 0, limit: 20 }
const maxTotal = 10_000
const pathOf = ({ namespace, name }: { readonly namespace: string | { readonly name: string }; readonly name: string }): string =>
  `${typeof namespace === 'string' ? namespace : namespace.name}/${name}`

/** Runs `ask` for each item; what it answers is wrong, `undefined` is right. */
async function each<T>(items: readonly T[], ask: (item: T) => Promise<string | undefined>): Promise<Checked> {
  const wrong: string[] = []
  for (const item of items) {
    const found = await ask(item)
    if (found !== undefined) wrong.push(found)
  }
  return { asked: items.length, wrong }
}

const seededFor = (answers: KnownAnswers, check: string) => new Seeded(`${answers.corpus.seed} ${answers.corpus.size} ${check}`)

/** The name alone, and with its namespace. */
export const exactNameIsFirst: RelevanceCheck = (searching, answers, count) => {
  const [caller] = answers.callers
  return each(answers.sample(seededFor(answers, 'exact'), caller, { count }), async (artifact) => {
    const { name } = artifact
    const byName = await searching.find(caller.principal, { query: name, ...page })
    if (byName.hits[0]?.name !== name) return `${name}: ${byName.hits[0] && pathOf(byName.hits[0])} is first`
    const path = pathOf(artifact)
    const byPath = await searching.find(caller.principal, { query: path, ...page })
    const [first] = byPath.hits
    return first && pathOf(first) === path ? undefined : `${path}: ${first && pathOf(first)} is first`
  })
}

const wordsOf = (text: string): string[] => text.match(/[a-z0-9]+/g) ?? []

/** Somebody else's name, or the words of it, begins so: then it is no typo of anything. */
const isMeant = (typed: string, { namespace, name }: CorpusArtifact): boolean => {
  const words = wordsOf(`${namespace.name} ${name}`)
  return name.includes(typed) || wordsOf(typed).every((part) => words.some((word) => word.startsWith(part)))
}

/** Among the first twenty, where the slip is in a word of at least five letters and makes no other name. */
export const typoFindsName: RelevanceCheck = (searching, answers, count) => {
  const [caller] = answers.callers
  const seeded = seededFor(answers, 'typo')
  const wanted = ({ name }: CorpusArtifact) => /^[a-z]{5}/.test(name) && name.length <= 20 && !name.includes('/')
  const visible = answers.visible(caller)
  return each(answers.sample(seeded, caller, { count, wanted }), async ({ name }) => {
    const typed = typoOf(seeded, name)
    if (visible.some((other) => isMeant(typed, other))) return undefined
    const { hits } = await searching.find(caller.principal, { query: typed, ...page })
    return hits.some((hit) => hit.name === name)
      ? undefined
      : `${typed} for ${name}: ${hits.slice(0, 3).map(pathOf).join(', ') || 'nothing'}`
  })
}

/** All names that begin so are counted, and none of the others comes before one of them. */
export const beginningsComeFirst: RelevanceCheck = (searching, answers, count) => {
  const [caller] = answers.callers
  const seeded = seededFor(answers, 'prefix')
  const wanted = ({ name }: CorpusArtifact) => name.length >= 6 && !name.includes('/')
  return each(answers.sample(seeded, caller, { count, wanted }), async ({ name }) => {
    const typed = name.slice(0, 4 + seeded.below(name.length - 5))
    const { hits, total } = await searching.find(caller.principal, { query: typed, ...page })
    const known = answers.visible(caller, (artifact) => artifact.name.startsWith(typed)).length
    if (total < Math.min(known, maxTotal)) return `${typed}: ${total} of ${known} are counted`
    const before = hits.slice(0, Math.min(known, page.limit)).filter((hit) => !hit.name.startsWith(typed))
    return before.length === 0 ? undefined : `${typed}: ${before.map(pathOf).join(', ')} among the first ${known}`
  })
}

const tokensOf = (text: string): string[] => text.toLowerCase().match(/[a-z]+/g) ?? []

/** Whoever has all of two words in the description is counted, and found where the matches fit on a page. */
export const wordsAreFound: RelevanceCheck = (searching, answers, count) => {
  const [caller] = answers.callers
  const seeded = seededFor(answers, 'words')
  const wanted = ({ versions }: CorpusArtifact) => versions.length > 0
  return each(answers.sample(seeded, caller, { count, wanted }), async (artifact) => {
    const all = tokensOf(artifact.description).filter((word) => word.length >= 5) as [string, ...string[]]
    const words = [seeded.pick(all), seeded.pick(all)]
    const { hits, total } = await searching.find(caller.principal, { query: words.join(' '), offset: 0, limit: 250 })
    const has = ({ description }: CorpusArtifact) => words.every((word) => tokensOf(description).includes(word))
    const known = answers.visible(caller, has).length
    if (total < Math.min(known, maxTotal)) return `${words.join(' ')}: ${total} of ${known} are counted`
    return total > hits.length || hits.some((hit) => hit.artifactId === artifact.id)
      ? undefined
      : `${words.join(' ')}: without ${pathOf(artifact)}`
  })
}

export interface CorpusQuestion {
  readonly caller: CorpusCaller
  /** One of `markers`, or empty for everything. */
  readonly query: string
  readonly filter: CorpusFilter
}

export function questionOf(seeded: Seeded, answers: KnownAnswers): CorpusQuestion {
  const like = answers.artifacts[seeded.below(answers.artifacts.length)]
  const [caller, query] = [seeded.pick(answers.callers), seeded.chance(60) ? seeded.pick(markers) : '']
  if (!like) return { caller, query, filter: {} }
  const filter = {
    ...(seeded.chance(30) && { type: [like.type] }),
    ...(seeded.chance(20) && { format: like.format }),
    ...(seeded.chance(20) && { namespace: [like.namespace.name] }),
    ...(seeded.chance(20) && like.keywords.length > 0 && { keywords: like.keywords.slice(0, 2) }),
    ...(seeded.chance(20) && like.capabilities.length > 0 && { capabilities: like.capabilities.slice(0, 2) }),
    ...(seeded.chance(20) && like.language !== null && { language: [like.language, 'webassembly'] }),
    ...(seeded.chance(20) && like.license !== null && { license: [like.license] }),
    ...(seeded.chance(15) && { gatiVersion: seeded.pick(['1.3.0', '2.1.5', '2.4.0', '3.0.0']) }),
  }
  return { caller, query, filter }
}

/** The answer is, to the last one, what was published and this caller may see: totals, facets, and hits where they fit on a page. */
export async function answerIsExact(
  searching: Searching,
  answers: KnownAnswers,
  { caller, query, filter }: CorpusQuestion,
): Promise<string[]> {
  const found = await searching.find(caller.principal, { query, ...filter, facets: true, offset: 0, limit: 250 })
  const known = answers.visible(caller, (artifact) => passes(filter, artifact) && artifact.description.toLowerCase().includes(query))
  const ids = new Set(found.hits.map(({ artifactId }) => artifactId))
  const hidden = found.hits.filter(({ artifactId }) => !maySee(caller, answers.byId.get(artifactId) as CorpusArtifact))
  const wrong = hidden.map((hit) => `sees ${pathOf(hit)}`)
  // Names like the text are answered where nothing has it.
  if (known.length > 0 || query === '') {
    const missing = known.length <= found.hits.length ? known.filter(({ id }) => !ids.has(id)) : []
    wrong.push(...missing.map((artifact) => `misses ${pathOf(artifact)}`), ...differences(found, known))
  }
  return wrong.map((text) => `${caller.label}, "${query}" ${JSON.stringify(filter)}: ${text}`)
}

function differences({ total, totalIsExact, facets }: SearchPage, known: readonly CorpusArtifact[]): string[] {
  const isMany = known.length > maxTotal
  const isCounted = total === Math.min(known.length, maxTotal) && totalIsExact === !isMany
  const isMarked = facets?.approximate === isMany
  return [
    ...(isCounted ? [] : [`counts ${total} instead of ${known.length}`]),
    ...(isMarked ? [] : [`facets are ${facets?.approximate ? '' : 'not '}approximate for ${known.length}`]),
    ...(facets && !isMany ? facetDifferences(facets, facetsOf(known)) : []),
  ]
}

const facetDifferences = (found: SearchFacets, known: CorpusFacets): string[] =>
  (['types', 'capabilities', 'languages', 'licenses'] as const).flatMap((name) => {
    const counted: Readonly<Record<string, number>> = Object.fromEntries(found[name].map(({ value, count }) => [value, count]))
    const values = new Set([...Object.keys(counted), ...Object.keys(known[name])])
    const wrong = [...values].filter((value) => counted[value] !== known[name][value])
    return wrong.map((value) => `${name}: ${value} ${counted[value]} times instead of ${known[name][value]}`)
  })

/** By their exact names, by those who may not see them. */
export const hiddenStaysHidden: RelevanceCheck = (searching, answers, count) => {
  const seeded = seededFor(answers, 'hidden')
  const callers = answers.callers.filter(({ accountIds }) => accountIds !== undefined)
  const hidden = callers.map((caller) => ({ caller, artifacts: answers.artifacts.filter((artifact) => !maySee(caller, artifact)) }))
  const questions = Array.from({ length: count }, (_, at) => {
    const { caller, artifacts } = hidden[at % hidden.length] as (typeof hidden)[number]
    return { caller, artifact: seeded.pick(artifacts as [CorpusArtifact]) }
  })
  return each(questions, async ({ caller, artifact }) => {
    const { hits } = await searching.find(caller.principal, { query: pathOf(artifact), ...page })
    return hits.some(({ artifactId }) => artifactId === artifact.id) ? `${caller.label} finds ${pathOf(artifact)}` : undefined
  })
}

/** Random filters of random callers. */
export const answersAreExact: RelevanceCheck = async (searching, answers, count) => {
  const seeded = seededFor(answers, 'exact answers')
  const wrong: string[] = []
  for (let at = 0; at < count; at += 1) wrong.push(...(await answerIsExact(searching, answers, questionOf(seeded, answers))))
  return { asked: count, wrong }
}

import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Search } from '../../../src/modules/search/contract.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { Seeded } from '../../support/seeded.ts'
import { Corpus } from '../../support/seeded-registry/corpus.ts'
import { isListed } from '../../support/seeded-registry/corpus-artifact.ts'
import { KnownAnswers } from '../../support/seeded-registry/known-answers.ts'
import { loadCorpus } from '../../support/seeded-registry/load-corpus.ts'
import {
  answerIsExact,
  beginningsComeFirst,
  exactNameIsFirst,
  hiddenStaysHidden,
  questionOf,
  type Searching,
  typoFindsName,
  wordsAreFound,
} from '../../support/seeded-registry/relevance.ts'
import { openElasticSearch } from './open-elastic-search.ts'

const answers = new KnownAnswers(new Corpus({ artifacts: 2_000 }))
let registry: Awaited<ReturnType<typeof openElasticSearch>>
let searching: Search

beforeAll(async () => {
  registry = await openElasticSearch()
  searching = registry.kernel.resolve(Search)
  // The first index, of nothing yet, is there.
  await registry.feed.flush()
  await loadCorpus(registry.kernel.resolve(Database), answers.corpus)
  const listed = answers.artifacts.filter(isListed).length
  expect(await searching.rebuild()).toBe(listed)
  expect(await registry.feed.rebuild()).toBe(listed)
  await registry.settled()
}, 60_000)
afterAll(() => registry[Symbol.asyncDispose]())

/** The service, where each search has to be one of Elasticsearch and none of Postgres in its place. */
const outside: Searching = {
  async find(principal, query) {
    const before = registry.searches()
    const page = await searching.find(principal, query)
    if (registry.searches() === before) throw new Error(`"${query.query}" was not asked of Elasticsearch`)
    return page
  },
}
const answeredByPostgres = async (): Promise<boolean> => {
  const { body } = await registry.request('GET', '/metrics')
  return body.includes('registry_search_driver_answers_total{driver="postgres"}')
}

test.each([
  { what: 'an exact name is first, alone and with its namespace', check: exactNameIsFirst },
  { what: 'the beginning of names comes before everything else that matches', check: beginningsComeFirst },
  { what: 'words of a description find it', check: wordsAreFound },
  { what: 'P5: nobody finds by its name what they may not see', check: hiddenStaysHidden },
])(
  '$what',
  async ({ check }) => {
    expect(await check(outside, answers, 40)).toEqual({ asked: 40, wrong: [] })
  },
  30_000,
)

test('Q064: a typo finds the name that was meant, but for some in short names', async () => {
  const { asked, wrong } = await typoFindsName(outside, answers, 40)
  expect([asked, wrong.length <= 2, wrong]).toEqual([40, true, wrong])
}, 30_000)

test('P5: whoever asks, with whatever filters, finds, counts and gets in facets exactly what was published and may be seen', async () => {
  const question = fc.nat().map((seed) => questionOf(new Seeded(`question ${seed}`), answers))
  await fc.assert(
    fc.asyncProperty(question, async (asked) => {
      expect(await answerIsExact(outside, answers, asked)).toEqual([])
    }),
    { numRuns: 100 },
  )
  expect(await answeredByPostgres()).toBe(false)
}, 60_000)

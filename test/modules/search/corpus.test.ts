import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import auth from '../../../src/modules/auth/module.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import { Search } from '../../../src/modules/search/contract.ts'
import search from '../../../src/modules/search/module.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { startTestKernel, type TestKernel } from '../../../src/shared/testing/start-test-kernel.ts'
import { Seeded } from '../../support/seeded.ts'
import { Corpus } from '../../support/seeded-registry/corpus.ts'
import { isListed, isPublic } from '../../support/seeded-registry/corpus-artifact.ts'
import { KnownAnswers, maySee } from '../../support/seeded-registry/known-answers.ts'
import { loadCorpus } from '../../support/seeded-registry/load-corpus.ts'
import {
  answerIsExact,
  beginningsComeFirst,
  exactNameIsFirst,
  hiddenStaysHidden,
  questionOf,
  typoFindsName,
  wordsAreFound,
} from '../../support/seeded-registry/relevance.ts'

const answers = new KnownAnswers(new Corpus({ artifacts: 800 }))
let kernel: TestKernel
let searching: Search

beforeAll(async () => {
  kernel = await startTestKernel({ modules: [auth, metadata, search] })
  searching = kernel.resolve(Search)
  await loadCorpus(kernel.resolve(Database), answers.corpus)
  expect(await searching.rebuild()).toBe(answers.artifacts.filter(isListed).length)
})
afterAll(() => kernel[Symbol.asyncDispose]())

test('the corpus is the same each time, with something hidden from each caller but the administrator', () => {
  expect([...answers.corpus.artifacts()]).toEqual(answers.artifacts)
  expect(new KnownAnswers(new Corpus({ artifacts: 20, seed: 'another' })).artifacts).not.toEqual(answers.artifacts.slice(0, 20))
  expect(answers.callers.map(({ label }) => label)).toHaveLength(5)
  const seen = answers.callers.map((caller) => answers.artifacts.filter((artifact) => maySee(caller, artifact)).length)
  const listed = answers.artifacts.filter(isListed)
  expect(seen.at(-1)).toBe(listed.length)
  expect(Math.max(...seen.slice(0, -1))).toBeLessThan(listed.length)
  for (const more of seen.slice(1)) expect(more).toBeGreaterThan(seen[0] ?? 0)
  expect(listed.filter((artifact) => !isPublic(artifact)).length).toBeGreaterThan(100)
})

test.each([
  { what: 'an exact name is first, alone and with its namespace', check: exactNameIsFirst },
  { what: 'the beginning of names comes before everything else that matches', check: beginningsComeFirst },
  { what: 'words of a description find it', check: wordsAreFound },
  { what: 'P5: nobody finds by its name what they may not see', check: hiddenStaysHidden },
])('$what', async ({ check }) => {
  expect(await check(searching, answers, 30)).toEqual({ asked: 30, wrong: [] })
})

test('Q064: a typo finds the name that was meant, but for some in short names', async () => {
  const { asked, wrong } = await typoFindsName(searching, answers, 40)
  expect([asked, wrong.length <= 2, wrong]).toEqual([40, true, wrong])
})

test('P5: whoever asks, with whatever filters, finds, counts and gets in facets exactly what was published and may be seen', async () => {
  const question = fc.nat().map((seed) => questionOf(new Seeded(`question ${seed}`), answers))
  await fc.assert(
    fc.asyncProperty(question, async (asked) => {
      expect(await answerIsExact(searching, answers, asked)).toEqual([])
    }),
    { numRuns: 50 },
  )
})

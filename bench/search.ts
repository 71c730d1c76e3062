// Searches at a fixed rate over a generated registry: `npm run build && npm run bench -- search`, with `-- search --artifacts=1000000` over a
// million. The first run loads and indexes it (minutes), later ones find it in node_modules/.cache/bench. With DATABASE_URL also on that Postgres,
// in a database of its own. Client and server share the machine. `-- search --relevance` compares answers with what is known instead, with
// `--elasticsearch` those of the search server at GATI_TEST_SEARCH_SERVER.
import { parseArgs } from 'node:util'
import { Search } from '../src/modules/search/contract.ts'
import { Corpus } from '../test/support/seeded-registry/corpus.ts'
import { KnownAnswers } from '../test/support/seeded-registry/known-answers.ts'
import {
  answersAreExact,
  beginningsComeFirst,
  exactNameIsFirst,
  hiddenStaysHidden,
  typoFindsName,
  wordsAreFound,
} from '../test/support/seeded-registry/relevance.ts'
import { type CorpusHome, corpusHome, tokensFor } from './support/corpus-home.ts'
import { type Answered, type Ask, oneByOne, openLoop, percentile } from './support/open-loop.ts'
import { outsideSearch } from './support/outside-search.ts'
import { ownProcessorSeconds, processorSeconds, untilQuiet } from './support/processor.ts'
import { SearchQuestions } from './support/search-questions.ts'
import { type BenchServer, row, startServer } from './support/server.ts'

const { values } = parseArgs({
  options: {
    artifacts: { type: 'string', default: '100000' },
    rate: { type: 'string', default: '80' },
    seconds: { type: 'string', default: '60' },
    /** Answers compared with what is known, instead of time. */
    relevance: { type: 'boolean', default: false },
    /** Answers of the search server at GATI_TEST_SEARCH_SERVER; with `--relevance`. */
    elasticsearch: { type: 'boolean', default: false },
    /** So many questions one after the other, instead of at a rate: for tuning, and for a machine that others use. */
    alone: { type: 'string', default: '0' },
    slowest: { type: 'string', default: '0' },
  },
})
const wantedMs = { search: 50, suggest: 20 }
/** What is wanted is wanted of a registry up to this size. */
const wantedUpTo = 100_000
const perSecond = Number(values.rate)
const seconds = Number(values.seconds)
const warmSeconds = 10
/** Documents that were just indexed may have neither vectors nor types. */
const settleSeconds = 1_800
const isAlone = values.alone !== '0'

type Series = 'search' | 'suggest'

async function measure(server: BenchServer, series: Series, { next, postmaster }: { next: () => Ask; postmaster: number | undefined }) {
  await openLoop({ url: server.url, perSecond: isAlone ? 5 : perSecond, seconds: warmSeconds, next })
  const used = () => [ownProcessorSeconds(server.pid), postmaster === undefined ? Number.NaN : processorSeconds(postmaster)] as const
  const before = used()
  const { answers, latestSendMs } = isAlone
    ? { answers: await oneByOne({ url: server.url, next }, Number(values.alone)), latestSendMs: 0 }
    : await openLoop({ url: server.url, perSecond, seconds, next })
  const [node, postgres] = used().map((after, at) => (1_000 * (after - (before[at] ?? 0))) / answers.length)
  const failed = answers.filter(({ status }) => status !== 200)
  report(isAlone ? `${series}, one by one` : `${series}, ${perSecond} /s for ${seconds} s`, answers)
  row(`${series}: processor of node / Postgres`, `${node?.toFixed(1)} / ${postgres?.toFixed(1)} ms for each`)
  row(`${series}: other answers than 200; latest send`, `${failed.length}; ${latestSendMs.toFixed(1)} ms`)
  for (const answer of slowest(answers))
    row('  slow', `${answer.ms.toFixed(0)} ms ${answer.path}${answer.headers['authorization'] ? ' (a user)' : ''}`)
  if (failed[0]) row('  first of them', `${failed[0].status} ${failed[0].path}`)
  const p95 = percentile(
    answers.map(({ ms }) => ms),
    0.95,
  )
  const isWanted = corpus.size <= wantedUpTo && !isAlone
  if (failed.length > 0 || (isWanted && p95 > wantedMs[series])) process.exitCode = 1
  row(`${series}: p95`, `${p95.toFixed(1)} ms${isWanted ? ` (wanted: ${wantedMs[series]} ms)` : ''}`)
}

function report(title: string, answers: readonly Answered[]): void {
  row(title, timesOf(answers.map(({ ms }) => ms)))
  for (const [kind, found = []] of Object.entries(Object.groupBy(answers, ({ kind }) => kind)).toSorted())
    row(`  ${kind} (${found.length})`, timesOf(found.map(({ ms }) => ms)))
}

const timesOf = (ms: readonly number[]): string =>
  `p50 ${percentile(ms, 0.5).toFixed(1)}, p95 ${percentile(ms, 0.95).toFixed(1)}, p99 ${percentile(ms, 0.99).toFixed(1)}, max ${Math.max(...ms).toFixed(1)} ms`

const slowest = (answers: readonly Answered[]): Answered[] => answers.toSorted((a, b) => b.ms - a.ms).slice(0, Number(values.slowest))

async function time(home: CorpusHome): Promise<void> {
  const kernel = await home.open()
  const authorizations = await tokensFor(
    kernel,
    corpus.users.slice(0, 20).map(({ id }) => id),
  )
  await kernel.stop('the tokens are made')
  const server = await startServer(home.settings)
  try {
    const { paths } = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      paths: Record<string, { get?: { parameters?: { name: string }[] } }>
    }
    const facets = paths['/v1/search']?.get?.parameters?.some(({ name }) => name === 'facets') === true
    const questions = new SearchQuestions({ corpus, authorizations, facets, seed: 'questions' })
    const postmaster = await home.postmaster()
    const waited = await untilQuiet([server.pid, ...(postmaster === undefined ? [] : [postmaster])], settleSeconds)
    row('vectors and types are made, nothing else to do', `after ${waited} s`)
    await measure(server, 'search', { next: () => questions.search(), postmaster })
    if (paths['/v1/search/suggest']) await measure(server, 'suggest', { next: () => questions.suggest(), postmaster })
  } finally {
    await server.stop()
  }
}

const checks = { exactNameIsFirst, typoFindsName, beginningsComeFirst, wordsAreFound, hiddenStaysHidden, answersAreExact }
/** A typo of a short name is one of many names among so many. */
const mayFail: Readonly<Record<string, number>> = { typoFindsName: 0.05 }

async function compare(home: CorpusHome): Promise<void> {
  await using outside = values.elasticsearch ? await outsideSearch(home, (line) => row('Elasticsearch', line)) : undefined
  const kernel = outside?.kernel ?? (await home.open())
  try {
    const answers = new KnownAnswers(corpus)
    for (const [name, check] of Object.entries(checks)) {
      const { asked, wrong } = await check(kernel.resolve(Search), answers, 300)
      row(name, `${wrong.length} of ${asked} wrong`)
      for (const line of wrong.slice(0, 5)) row('', line)
      if (wrong.length > asked * (mayFail[name] ?? 0)) process.exitCode = 1
    }
    const elsewhere = await outside?.answeredElsewhere()
    if (elsewhere !== undefined) row('answered by Postgres in its place', String(elsewhere))
    if (elsewhere) process.exitCode = 1
  } finally {
    if (!outside) await kernel.stop('the answers are compared')
  }
}

const corpus = new Corpus({ artifacts: Number(values.artifacts) })
for (const databaseUrl of new Set(['', process.env['DATABASE_URL'] ?? ''])) {
  const place = databaseUrl === '' ? 'embedded' : 'external Postgres'
  const home = await corpusHome(corpus, { databaseUrl, tell: (line) => row(place, line) })
  row(place, `${corpus.size} artifacts`)
  await (values.relevance ? compare(home) : time(home))
}

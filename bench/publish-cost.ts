// Processor time of a publish with all that follows it, with and without what some modules do about it:
// `npm run build && npm run bench -- publish-cost`, by default without search, analytics, insights and metering; `-- publish-cost --without=notifications`.
// Takes five and a half minutes a round. Scans are off: their processes take more than everything else, and would hide the difference.
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { packTarball, publishDocument } from '../test/support/npm-package.ts'
import { Corpus } from '../test/support/seeded-registry/corpus.ts'
import { ownProcessorSeconds, postmasterIn, processorSeconds, untilQuiet } from './support/processor.ts'
import { bearer, median, row, startServer } from './support/server.ts'

const { values } = parseArgs({
  options: {
    without: { type: 'string', default: 'search,analytics,insights,metering' },
    publishes: { type: 'string', default: '1200' },
    rate: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
  },
})
const publishes = Number(values.publishes)
const perSecond = Number(values.rate)
const warmUp = 200
const wantedShare = 0.2
/** What a publish makes due a minute later is taken up in the minute after; whole minutes, because of what comes every minute. */
const laterSeconds = 180
const idleSeconds = 60
/** What packages have about as many of; each is one that was published before. */
const dependenciesEach = 8

interface Cost {
  readonly nodeMs: number
  readonly postgresMs: number
}

const packages = [...new Corpus({ artifacts: (publishes + warmUp) * 3, seed: 'publish cost' }).artifacts()].filter(
  ({ format }) => format === 'npm',
)

const nameOf = (number: number, name = packages[number]?.name ?? ''): string => `@admin/${name.replaceAll('/', '-')}-${number}`

function dependenciesOf(number: number): Record<string, string> {
  const before = Array.from({ length: dependenciesEach }, (_, at) => Math.floor((number * (at + 1)) / (dependenciesEach + 1)))
  return Object.fromEntries(before.filter((needed) => needed < number).map((needed) => [nameOf(needed), '^1.0.0']))
}

interface Round {
  /** Until both are quiet. */
  readonly publish: Cost
  /** While nothing comes any more, beyond what as much time takes after that. */
  readonly later: Cost
}

const less = (later: Cost, idle: Cost): Cost => ({
  nodeMs: later.nodeMs - (laterSeconds / idleSeconds) * idle.nodeMs,
  postgresMs: later.postgresMs - (laterSeconds / idleSeconds) * idle.postgresMs,
})
const each = (from: Cost, to: Cost): Cost => ({
  nodeMs: (to.nodeMs - from.nodeMs) / publishes,
  postgresMs: (to.postgresMs - from.postgresMs) / publishes,
})

interface Measured {
  publish(number: number): Promise<void>
  /** Milliseconds of processor so far. */
  used(): Cost
  readonly pid: number
  stop(): Promise<void>
}

async function start(deaf: string): Promise<Measured> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gati-bench-'))
  const settings = {
    REGISTRY_DATA_DIR: dataDir,
    REGISTRY_LOG_LEVEL: 'error',
    REGISTRY_SCANNING_AUTOMATIC: 'false',
    DATABASE_URL: '',
    REDIS_URL: '',
  }
  const server = await startServer(settings, { deaf })
  const postmaster = postmasterIn(join(dataDir, 'postgres/data'))
  const headers = { authorization: await bearer(server.url), 'content-type': 'application/json' }
  return {
    pid: server.pid,
    used: () => ({ nodeMs: 1_000 * ownProcessorSeconds(server.pid), postgresMs: 1_000 * processorSeconds(postmaster) }),
    async publish(number) {
      const { description, keywords, license, name } = packages[number] ?? { name: '', description: '', keywords: [], license: null }
      const manifest = {
        name: nameOf(number, name),
        version: '1.0.0',
        description,
        keywords,
        ...(license && { license }),
        dependencies: dependenciesOf(number),
      }
      const body = JSON.stringify(publishDocument(manifest, await packTarball(manifest)))
      const response = await fetch(`${server.url}/npm/${encodeURIComponent(manifest.name)}`, { method: 'PUT', headers, body })
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
      await response.arrayBuffer()
    },
    async stop() {
      await server.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** Both at the same time, in turn: what else the machine does, it does to both. */
async function round(): Promise<readonly [Round, Round]> {
  const without = await start(values.without)
  const all = await start('').catch(async (error: unknown) => {
    await without.stop()
    throw error
  })
  const servers = [without, all] as const
  try {
    const paced = async (from: number, count: number) => {
      const began = performance.now()
      const sent: Promise<void>[] = []
      for (let at = 0; at < count * servers.length; at += 1) {
        await sleep(Math.max(0, began + (at * 1_000) / (perSecond * servers.length) - performance.now()))
        const one = servers[at % servers.length]
        if (one) sent.push(one.publish(from + Math.floor(at / servers.length)))
      }
      await Promise.all(sent)
      await untilQuiet(servers.map(({ pid }) => pid))
    }
    await paced(0, warmUp)
    const used = (): readonly [Cost, Cost] => [without.used(), all.used()]
    const before = used()
    await paced(warmUp, publishes)
    const after = used()
    await sleep(1_000 * laterSeconds)
    const later = used()
    await sleep(1_000 * idleSeconds)
    const idle = used()
    const roundOf = (at: 0 | 1): Round => ({
      publish: each(before[at], after[at]),
      later: less(each(after[at], later[at]), each(later[at], idle[at])),
    })
    return [roundOf(0), roundOf(1)]
  } finally {
    await Promise.all(servers.map((one) => one.stop()))
  }
}

const sum = ({ nodeMs, postgresMs }: Cost): number => nodeMs + postgresMs
const described = (cost: Cost): string =>
  `node ${cost.nodeMs.toFixed(1)} + Postgres ${cost.postgresMs.toFixed(1)} = ${sum(cost).toFixed(1)} ms of processor each`

const shares: number[] = []
let [load = 0] = loadavg()
for (let at = 0; at < Number(values.rounds); at += 1) {
  const [without, all] = await round()
  row(`${publishes} npm publishes at ${perSecond} /s, without ${values.without}`, described(without.publish))
  row('  with all modules', described(all.publish))
  row(
    `  in the ${laterSeconds} seconds after it`,
    `${sum(without.later).toFixed(2)} and ${sum(all.later).toFixed(2)} ms more than the server takes anyway`,
  )
  // By now the servers have had nothing to do for a minute: it is the load of others.
  load = Math.max(load, loadavg()[0] ?? 0)
  const added = sum(all.publish) - sum(without.publish) + sum(all.later) - sum(without.later)
  shares.push(added / sum(without.publish))
  row('  what they add, now and later', `${added.toFixed(2)} ms, ${((100 * added) / sum(without.publish)).toFixed(0)} %`)
}
const share = median(shares)
row(
  `${values.without} add, median of the rounds`,
  `${(100 * share).toFixed(0)} % (wanted: at most ${100 * wantedShare} %); load of others ${load.toFixed(1)}`,
)
// Where others want the processors, too, the same work takes more or less of them from round to round.
if (load < availableParallelism() && share > wantedShare) process.exitCode = 1

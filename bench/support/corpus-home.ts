import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openRegistry } from '../../src/app.ts'
import { newToken, tokenHash } from '../../src/modules/auth/api-token.ts'
import { Search } from '../../src/modules/search/contract.ts'
import { Database, Transaction } from '../../src/shared/kernel/database.ts'
import type { Kernel } from '../../src/shared/kernel/kernel.ts'
import { administer, withDatabase } from '../../src/shared/testing/test-database.ts'
import type { Corpus } from '../../test/support/seeded-registry/corpus.ts'
import { loadCorpus } from '../../test/support/seeded-registry/load-corpus.ts'
import { postmasterIn, postmasterOf } from './processor.ts'
import { adminPassword } from './server.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const cache = process.env['GATI_BENCH_CACHE'] ?? join(root, 'node_modules/.cache/bench')

/** A registry with the corpus in it, kept for the next run. */
export interface CorpusHome {
  readonly settings: Readonly<Record<string, string>>
  /** While a server is open; undefined where its Postgres runs on another machine. */
  postmaster(): Promise<number | undefined>
  /** In the process itself, without background work; `more` are settings beside its own. */
  open(more?: Readonly<Record<string, string>>): Promise<Kernel>
}

/** Of the sources that decide what is there. */
const fingerprint = (folder: string, isMeant = (_file: string) => true): string => {
  const hash = createHash('sha256')
  for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).toSorted())
    if (file.endsWith('.ts') && isMeant(file)) hash.update(file).update(readFileSync(join(root, folder, file)))
  return hash.digest('hex').slice(0, 12)
}

/** What makes the corpus, not what is asked of it. */
const isMaking = (file: string): boolean => !['known-answers.ts', 'relevance.ts'].includes(file)

/** Loads and indexes what is not there yet; `databaseUrl` empty: in an embedded Postgres of its own, else in a database of its own there. */
export async function corpusHome(
  corpus: Corpus,
  { databaseUrl, tell }: { databaseUrl: string; tell: (line: string) => void },
): Promise<CorpusHome> {
  // A migration that has not landed may still change: what an earlier form of it made is of no use.
  const tables = fingerprint('src/modules', (file) => file.includes('/migrations/'))
  const key = `${corpus.size}_${fingerprint('test/support/seeded-registry', isMaking)}_${tables}`
  const dataDir = join(cache, databaseUrl === '' ? `corpus_${key}` : `external_${key}`)
  mkdirSync(dataDir, { recursive: true })
  const external = databaseUrl === '' ? '' : await ownDatabase(databaseUrl, `gati_bench_${key}`)
  const settings = { REGISTRY_DATA_DIR: dataDir, DATABASE_URL: external, REDIS_URL: '', REGISTRY_LOG_LEVEL: 'error', ...quiet }
  const open = (more = {}) => openRegistry({ env: { ...settings, REGISTRY_ADMIN_PASSWORD: adminPassword, ...more }, background: false })
  const kernel = await open()
  try {
    await fill(kernel, corpus, tell)
  } finally {
    await kernel.stop('the corpus is there')
  }
  const postmaster = async () => (external === '' ? postmasterIn(join(dataDir, 'postgres/data')) : postmasterOf(external))
  return { settings, open, postmaster }
}

/** The corpus has no bytes: there is nothing to scan. Addresses of strangers are believed, so that no limit is met. */
const quiet = { REGISTRY_SCANNING_AUTOMATIC: 'false', REGISTRY_TRUSTED_PROXIES: '["127.0.0.1"]' }

async function ownDatabase(databaseUrl: string, name: string): Promise<string> {
  await administer(databaseUrl, `create database ${name} template template0`).catch((error: unknown) => {
    if (!(error instanceof Error && error.message.includes('already exists'))) throw error
  })
  return withDatabase(databaseUrl, name)
}

async function fill(kernel: Kernel, corpus: Corpus, tell: (line: string) => void): Promise<void> {
  const database = kernel.resolve(Database)
  await database.sql`create table if not exists bench_steps (step text primary key, form text not null)`
  const once = async (step: string, form: string, work: () => Promise<string>) => {
    const done = await database.sql`select 1 from bench_steps where step = ${step} and form = ${form}`
    if (done.length > 0) return
    const began = performance.now()
    tell(`${step}: ${await work()} in ${((performance.now() - began) / 1_000).toFixed(0)} s`)
    await database.sql`insert into bench_steps values (${step}, ${form}) on conflict (step) do update set form = excluded.form`
  }
  // Together or not at all: what is there after a run that was ended is nothing.
  await kernel.resolve(Transaction).run(() =>
    once('loaded', '', async () => {
      await loadCorpus(database, corpus)
      return `${corpus.size} artifacts`
    }),
  )
  await once('indexed', fingerprint('src/modules/search'), async () => {
    const documents = await kernel.resolve(Search).rebuild()
    await database.sql`vacuum (analyze)`
    return `${documents} documents`
  })
}

/** A token for each of these users, as an `authorization`. */
export async function tokensFor(kernel: Kernel, userIds: readonly string[]): Promise<string[]> {
  const { sql } = kernel.resolve(Database)
  return Promise.all(
    userIds.map(async (userId) => {
      const token = newToken('gati_')
      await sql`insert into tokens (id, user_id, name, hash, scopes) values (gen_random_uuid(), ${userId}, 'bench', ${tokenHash(token)}, '{read}')`
      return `Bearer ${token}`
    }),
  )
}

import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import { discoverModules } from '../kernel/discover.ts'
import { Effects } from '../kernel/effects.ts'
import { type Kernel, startKernel } from '../kernel/kernel.ts'
import type { KernelSettings } from '../kernel/kernel-settings.ts'
import { defineModule, type Module, type ModuleUse } from '../kernel/module.ts'
import type { Service } from '../kernel/service.ts'
import type { Environment } from '../kernel/settings.ts'
import { quickFolder } from './quick-folder.ts'
import { type RecordedLog, recordLog } from './record-log.ts'
import { createTestDatabase } from './test-database.ts'

/** A literal that stands in for a service of another module. */
export interface Fake {
  readonly token: Service<unknown>
  readonly value: unknown
}
export const fake = <T>(token: Service<T>, value: NoInfer<T>): Fake => ({ token, value })

export interface TestKernelOptions {
  /** Default: every module of the tree. */
  readonly modules?: readonly (Module | ModuleUse)[]
  readonly provide?: readonly Fake[]
  /** Settings by module name. What is published is not scanned unless `scanning.automatic` is set here. */
  readonly settings?: Readonly<Record<string, object>>
  readonly kernel?: Partial<KernelSettings>
  readonly env?: Environment
  /** A database and data directory to share with another kernel, or to keep for the next one. */
  readonly home?: TestHome
  /** Dead letters fail the test at dispose unless they are expected. */
  readonly allowDeadLetters?: boolean
}

export interface TestHome extends AsyncDisposable {
  readonly databaseUrl: string
  readonly dataDir: string
}

export interface TestKernel extends Kernel, AsyncDisposable {
  readonly home: TestHome
  readonly log: RecordedLog
  /** Resolves when all background work so far is done; rejects when it is not after `timeoutMs` (20 s). */
  drainEffects(timeoutMs?: number): Promise<void>
}

/** An empty database, already migrated for the modules of the tree, and an empty data directory. */
export async function createTestHome(): Promise<TestHome> {
  const database = await createTestDatabase(process.env['GATI_TEST_TEMPLATE'] ?? 'template0')
  const dataDir = await mkdtemp(join(await quickFolder(), 'gati-test-'))
  return {
    databaseUrl: database.url,
    dataDir,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

/** The real kernel on a real Postgres: what a module test runs against. Use with `await using`. */
export async function startTestKernel(options: TestKernelOptions = {}): Promise<TestKernel> {
  const home = options.home ?? (await createTestHome())
  const log = recordLog()
  try {
    const kernel = await startKernel({ config: await testConfig(options, home), modules: [], createLog: () => log })
    const effects = kernel.resolve(Effects)
    let stopped = false
    return {
      ...kernel,
      home,
      log,
      stop(reason) {
        stopped = true
        return kernel.stop(reason)
      },
      drainEffects: (timeoutMs = 20_000) => effects.drain(timeoutMs),
      async [Symbol.asyncDispose]() {
        try {
          if (!stopped && options.allowDeadLetters !== true) await refuseLeftovers(effects)
        } finally {
          await kernel.stop()
          if (!options.home) await home[Symbol.asyncDispose]()
        }
      },
    }
  } catch (error) {
    if (!options.home) await home[Symbol.asyncDispose]()
    throw error
  }
}

/** What most tests do without: a process for every publish would be most of their time. */
const quietly: Readonly<Record<string, object>> = { scanning: { automatic: false } }

async function testConfig(options: TestKernelOptions, home: TestHome) {
  const modules = options.modules ?? (await discoverModules(new URL('../../modules/', import.meta.url)))
  const uses = modules.map((entry) =>
    'module' in entry ? entry : { module: entry, settings: { ...quietly[entry.name], ...options.settings?.[entry.name] } },
  )
  const fakes = options.provide?.length ? [fakesModule(options.provide)] : []
  const redisUrl = process.env['GATI_TEST_REDIS_URL'] ?? ''
  const kernel = { port: 0, dataDir: home.dataDir, databaseUrl: home.databaseUrl, redisUrl, databasePoolSize: 6, ...options.kernel }
  return { env: options.env ?? {}, kernel, modules: [...uses, ...fakes] }
}

function fakesModule(provide: readonly Fake[]): Module {
  const provides = Object.fromEntries(provide.map(({ token }) => [token.id, token]))
  const values = Object.fromEntries(provide.map(({ token, value }) => [token.id, value]))
  return defineModule({
    name: 'fakes',
    description: 'Literal services of a test',
    config: Type.Object({}),
    deps: {},
    provides,
    setup: () => values as never,
  })
}

async function refuseLeftovers(effects: Effects): Promise<void> {
  await effects.drain(20_000)
  const dead = await effects.deadLetters(10)
  if (dead.length > 0) throw new Error(`effects failed for good: ${dead.map(({ effect, error }) => `${effect}: ${error}`).join('; ')}`)
}

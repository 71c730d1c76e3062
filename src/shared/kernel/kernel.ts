import { randomUUID } from 'node:crypto'
import { resolve as absolutePath } from 'node:path'
import { type AwilixContainer, asValue, createContainer } from 'awilix'
import type { FastifyInstance } from 'fastify'
import { type BootSettings, bootSettings } from './boot-settings.ts'
import { Cache, LocalCaches } from './cache.ts'
import { Channel } from './channel.ts'
import type { RegistryConfig } from './config.ts'
import { Database, Transaction } from './database.ts'
import { Effects } from './effects.ts'
import { createEffects, type EffectsEngine } from './effects-engine.ts'
import { Events } from './events.ts'
import { orderModules } from './graph.ts'
import { AnswerListeners, HttpAnswers } from './http-answers.ts'
import { openFrontDoor } from './http-front-door.ts'
import { closeGracefully, listen } from './http-listen.ts'
import { mountModule } from './http-module.ts'
import { createReadiness, type Readiness } from './http-readiness.ts'
import { createHttp } from './http-server.ts'
import { type KernelDatabase, openKernelDatabase } from './kernel-database.ts'
import { KernelInfo } from './kernel-info.ts'
import { kernelModule } from './kernel-module.ts'
import type { KernelSettings } from './kernel-settings.ts'
import { Log, type Logger } from './logger.ts'
import { createMetrics, Metrics } from './metrics.ts'
import type { Module } from './module.ts'
import { Outbound } from './outbound.ts'
import { OutboundClient } from './outbound-client.ts'
import { createEvents, createOutbox } from './outbox.ts'
import { Authenticator } from './principal.ts'
import { findRegistryId } from './registry-id.ts'
import type { Resolve, Service } from './service.ts'
import { combineModules, setUpModules } from './set-up-modules.ts'
import { openSharedState, type SharedState } from './shared-state.ts'
import { Teardown } from './teardown.ts'
import { version } from './version.ts'

export interface Kernel {
  readonly http: FastifyInstance
  readonly settings: KernelSettings
  readonly resolve: Resolve
  /** Opens the port; resolves with the base of every link. Background work runs since the start. */
  listen(): Promise<string>
  /** Finishes work in flight for at most `drainTimeoutMs`. `reason` is logged. */
  stop(reason?: string): Promise<void>
}

export interface KernelOptions {
  readonly config: RegistryConfig
  /** The modules of the tree. */
  readonly modules: readonly Module[]
  readonly createLog: (settings: KernelSettings) => Logger
  /** false: what this process emits stays in the outbox for the registry itself, which may have more modules. For tools. */
  readonly background?: boolean
  /** The port is open from the start, and says that the registry is not ready yet (D-37). For who will `listen`. */
  readonly listenEarly?: boolean
}

const core: readonly Service<unknown>[] = [
  ...[Database, Transaction, Events, Effects, Channel, Cache, LocalCaches, KernelInfo, Log, Metrics, Outbound, HttpAnswers],
]

/** Settings, graph, database, migrations, modules, in that order; a failure anywhere undoes what was opened and is thrown. */
export async function startKernel({ config, modules, createLog, background = true, listenEarly = false }: KernelOptions): Promise<Kernel> {
  const uses = combineModules(modules, config.modules)
  const settings = bootSettings(config, uses)
  const ordered = orderModules(
    uses.map(({ module }) => module),
    core,
  )
  const log = createLog(settings.kernel)
  for (const { variable, closest } of settings.unknown) log.warn({ variable, closest }, 'no setting has this variable')
  const teardown = new Teardown(log)
  try {
    return await boot({ settings, ordered, log, teardown, background, listenEarly })
  } catch (error) {
    await teardown.run()
    throw error
  }
}

interface Boot {
  readonly settings: BootSettings
  readonly ordered: readonly Module[]
  readonly log: Logger
  readonly teardown: Teardown
  readonly background: boolean
  readonly listenEarly: boolean
}

async function boot({ settings, ordered, log, teardown, background, listenEarly }: Boot): Promise<Kernel> {
  const kernel = settings.kernel
  const door = listenEarly ? await openFrontDoor({ settings: kernel, version, log }) : undefined
  if (door) teardown.add('front door', () => door.close())
  const database = await openKernelDatabase(kernel, ordered, log)
  teardown.add('database', () => database.close())
  door?.passed('migrations')
  const core = await openCore({ kernel, database, log, teardown, address: door?.address })
  const { container, resolve, effects, readiness, http } = core
  await setUpModules(ordered, { container, resolve, settings: settings.modules, teardown })
  if (kernel.role !== 'worker')
    for (const module of [kernelModule, ...ordered]) await mountModule(http, module, { resolve, authenticator: resolve(Authenticator) })
  addHealth(readiness, { database, ordered, resolve, shared: core.shared, ...(background && { effects }) })
  // Side by side, so that both together take `drainTimeoutMs` at most.
  teardown.add('requests and effects', () => settleAll([closeHttp(http, kernel.drainTimeoutMs, log), effects.stop()]))
  if (background) effects.start(ordered.flatMap((module) => module.effects.map((effect) => ({ effect, run: effect.bind(resolve) }))))
  await http.ready()
  readiness.started()
  door?.passed('modules')
  return {
    http,
    settings: kernel,
    resolve,
    async listen() {
      core.address = await listen(http, log, door)
      return resolve(KernelInfo).publicUrl
    },
    async stop(reason = 'stop') {
      log.info({ reason }, 'stopping')
      await teardown.run()
      log.info({}, 'stopped')
    },
  }
}

async function closeHttp(http: FastifyInstance, drainTimeoutMs: number, log: Logger): Promise<void> {
  if (!(await closeGracefully(http, drainTimeoutMs))) log.warn({}, 'requests in flight were cut at the drain limit')
}

/** Unlike `Promise.all`, a failure does not let the next step begin while the other work goes on. */
async function settleAll(work: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).filter((result) => result.status === 'rejected')
  const reasons = failed.map(({ reason }) => reason)
  if (reasons.length > 0) throw new AggregateError(reasons, reasons.map(String).join('; '))
}

interface Core {
  readonly container: AwilixContainer
  readonly resolve: Resolve
  readonly effects: EffectsEngine
  readonly readiness: Readiness
  readonly http: FastifyInstance
  readonly shared: SharedState
  /** Known once the server listens. */
  address: string
}

/** The services of the kernel itself, under their tokens. */
async function openCore({
  kernel,
  database,
  log,
  teardown,
  address = `http://${kernel.host}:${kernel.port}`,
}: {
  kernel: KernelSettings
  database: KernelDatabase
  log: Logger
  teardown: Teardown
  address: string | undefined
}): Promise<Core> {
  const instanceId = randomUUID()
  const { transaction } = database
  const registryId = await findRegistryId(database.database)
  const shared = await openSharedState({ settings: kernel, databaseUrl: database.url, registryId, instanceId, transaction, log })
  teardown.add('shared state', () => shared.close())
  const tracing = await openTracing(kernel, teardown)
  const outbound = new OutboundClient({ allow: kernel.outboundAllow })
  teardown.add('outbound requests', () => outbound[Symbol.asyncDispose]())
  const metrics = createMetrics()
  const readiness = createReadiness()
  const answers = new AnswerListeners()
  const outbox = createOutbox(database.database, transaction)
  const events = createEvents({ outbox, transaction, log, instanceId })
  const effects = createEffects({
    ...{ role: kernel.role, databaseUrl: database.url, redisUrl: kernel.redisUrl, drainTimeoutMs: kernel.drainTimeoutMs },
    ...{ database: database.database, transaction, outbox, channel: shared.channel, events, log, instanceId, tracing },
  })
  const http = await createHttp({ settings: kernel, log, version, cache: shared.cache, metrics, readiness, answers, tracing })
  const container = createContainer({ strict: true })
  const resolve: Resolve = (wanted) => container.resolve(wanted.id, { allowUnregistered: true })
  const core: Core = { container, resolve, effects, readiness, http, shared, address }
  const provide = <T>(token: Service<T>, value: NoInfer<T>) => container.register(token.id, asValue(value))
  provide(Database, database.database)
  provide(Transaction, transaction)
  provide(Events, events)
  provide(Effects, effects.service)
  provide(Channel, shared.channel)
  provide(Cache, shared.cache)
  provide(LocalCaches, shared.caches)
  provide(Metrics, metrics)
  provide(HttpAnswers, answers)
  provide(Outbound, outbound)
  provide(Log, log)
  provide(KernelInfo, kernelInfo(kernel, instanceId, core))
  return core
}

const kernelInfo = ({ mode, role, host, publicUrl, dataDir }: KernelSettings, instanceId: string, core: Core): KernelInfo => ({
  ...{ mode, role, host, instanceId, version, dataDir: absolutePath(dataDir) },
  get publicUrl() {
    return (publicUrl || core.address).replace(/\/+$/, '')
  },
})

async function openTracing({ otlpEndpoint: endpoint }: KernelSettings, teardown: Teardown) {
  if (endpoint === '') return undefined
  const { startTracing } = await import('./tracing.ts')
  const tracing = await startTracing({ endpoint, version })
  teardown.add('tracing', () => tracing.stop())
  return tracing
}

interface Dependencies {
  readonly database: KernelDatabase
  readonly ordered: readonly Module[]
  readonly resolve: Resolve
  readonly shared: SharedState
  /** Absent in a tool, which has no queue. */
  readonly effects?: EffectsEngine
}

function addHealth(readiness: Readiness, { database, ordered, resolve, shared, effects }: Dependencies): void {
  readiness.add('database', async () => {
    await database.database.ping()
    return { status: 'up' }
  })
  if (shared.health) readiness.addOptional('redis', shared.health)
  if (shared.health && effects) readiness.addOptional('queue', () => effects.queueHealth())
  for (const { name, health } of ordered) if (health) readiness.add(name, () => health(resolve))
}

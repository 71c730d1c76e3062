import type { Database, OpenDatabase } from './database.ts'
import { outboxLag } from './effect-runs.ts'
import type { Effects } from './effects.ts'
import type { Readiness } from './http-readiness.ts'
import type { KernelSettings } from './kernel-settings.ts'
import type { Metrics } from './metrics.ts'
import { remembered } from './remembered.ts'

export interface Measured {
  readonly settings: KernelSettings
  readonly database: Pick<OpenDatabase, 'database' | 'poolUse'>
  readonly effects: Pick<Effects, 'status'>
  readonly readiness: Readiness
  readonly version: string
}

/** What many scrapers may ask for as often as they like. */
const queueMs = 15_000
const outboxMs = 5_000
const dependencyMs = 10_000
const databaseSizeMs = 300_000

export function measureKernel(metrics: Metrics, measured: Measured): void {
  const { settings, readiness, version } = measured
  metrics.gauge({
    name: 'registry_info',
    help: 'Always 1; version and role of this process.',
    labelNames: ['version', 'role'],
    read: () => [{ labels: { version, role: settings.role }, value: 1 }],
  })
  const report = remembered(() => readiness.report(), dependencyMs)
  metrics.gauge({
    name: 'registry_dependency_up',
    help: 'What /ready says of each dependency: 1 up, 0 down.',
    labelNames: ['dependency', 'optional'],
    read: async () =>
      Object.entries((await report())?.checks ?? {}).map(([dependency, health]) => ({
        labels: { dependency, optional: readiness.isOptional(dependency, health) ? 'yes' : 'no' },
        value: health.status === 'up' ? 1 : 0,
      })),
  })
  measureDatabase(metrics, measured)
  measureQueues(metrics, measured)
}

function measureDatabase({ gauge }: Metrics, { settings, database: { database, poolUse } }: Measured): void {
  gauge({
    name: 'registry_database_connections',
    help: 'Connections of the pool of this process.',
    labelNames: ['state'],
    read: () => {
      const { inUse, idle } = poolUse()
      return [
        { labels: { state: 'in_use' }, value: inUse },
        { labels: { state: 'idle' }, value: idle },
      ]
    },
  })
  gauge({ name: 'registry_database_connections_max', help: 'Size of the pool.', read: () => settings.databasePoolSize })
  gauge({ name: 'registry_database_waiting', help: 'Who waits for a connection of the pool.', read: () => poolUse().waiting })
  const size = remembered(() => databaseSize(database), databaseSizeMs)
  gauge({ name: 'registry_database_size_bytes', help: 'Size of the database on its disk, indexes included.', read: size })
}

async function databaseSize(database: Database): Promise<number | undefined> {
  const [row] = await database.sql<{ bytes: number }>`select pg_database_size(current_database()) as bytes`
  return row?.bytes
}

function measureQueues({ gauge }: Metrics, { database: { database }, effects }: Measured): void {
  const status = remembered(() => effects.status(), queueMs)
  const byEffect = async (count: 'waiting' | 'dead') =>
    (await status())?.map(({ name, [count]: value }) => ({ labels: { effect: name }, value }))
  const labelNames = ['effect'] as const
  gauge({
    name: 'registry_effects_waiting',
    help: 'Runs of an effect that are not done, over all processes; counted up to 100,000.',
    labelNames,
    read: () => byEffect('waiting'),
  })
  gauge({
    name: 'registry_effects_dead',
    help: 'Dead letters of an effect, over all processes; counted up to 100,000.',
    labelNames,
    read: () => byEffect('dead'),
  })
  const lag = remembered(() => outboxLag(database), outboxMs)
  gauge({
    name: 'registry_outbox_waiting',
    help: 'Events that no process has relayed yet; counted up to 10,000.',
    read: async () => (await lag())?.waiting,
  })
  gauge({
    name: 'registry_outbox_oldest_seconds',
    help: 'Age of the oldest of these; 0 when there is none.',
    read: async () => (await lag())?.oldestSeconds,
  })
}

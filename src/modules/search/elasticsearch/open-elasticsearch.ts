import type { ClientOptions } from '@elastic/elasticsearch'
import type { Database } from '../../../shared/kernel/database.ts'
import type { KernelInfo } from '../../../shared/kernel/kernel-info.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import type { Metrics } from '../../../shared/kernel/metrics.ts'
import type { Health } from '../../../shared/kernel/module.ts'
import { remembered } from '../../../shared/kernel/remembered.ts'
import { Breaker } from '../breaker.ts'
import { type AnsweringDriver, FallbackDriver } from '../fallback-driver.ts'
import type { DocumentReader } from '../search-driver.ts'
import { countChanges } from './changes.queries.ts'
import { openCluster } from './cluster.ts'
import { ElasticsearchDriver } from './elasticsearch-driver.ts'
import { Feed } from './feed.ts'
import { Indexes } from './indexes.ts'
import type { ElasticsearchSettings } from './settings.ts'

export interface ElasticsearchDeps {
  readonly settings: ElasticsearchSettings
  readonly database: Database
  readonly postgres: AnsweringDriver
  readonly reader: DocumentReader
  readonly info: KernelInfo
  readonly metrics: Metrics
  readonly log: Logger
  /** Of tests. */
  readonly clientOptions?: ClientOptions
}

/** Elasticsearch in the place of Postgres for whoever searches. */
export interface Elasticsearch extends AsyncDisposable {
  /** Answers from Postgres while Elasticsearch does not. */
  readonly answers: AnsweringDriver
  readonly feed: Feed
  health(): Promise<Health>
}

/** How long one failure keeps searches from waiting for the next. */
const restMs = 5_000
const pingMs = 700
const countedMs = 5_000

/** Does not wait for the cluster: a registry starts while it is down. */
export async function openElasticsearch({
  settings,
  database,
  postgres,
  reader,
  info,
  metrics,
  log,
  clientOptions,
}: ElasticsearchDeps): Promise<Elasticsearch> {
  const client = await openCluster(settings, clientOptions)
  const indexes = new Indexes(client, { prefix: settings.elasticsearchPrefix, replicas: settings.elasticsearchReplicas })
  const breaker = new Breaker(restMs)
  const driver = new ElasticsearchDriver({ client, indexes, database, log, timeoutMs: settings.elasticsearchTimeoutMs })
  const feed = new Feed({ client, indexes, driver, reader, database, breaker, log })
  metrics.gauge({
    name: 'registry_search_waiting_changes',
    help: 'Artifacts whose document Elasticsearch has not got as it is.',
    read: remembered(() => countChanges(database), countedMs),
  })
  metrics.gauge({
    name: 'registry_search_fallback_active',
    help: '1 while searches are answered by Postgres because Elasticsearch does not answer.',
    read: () => (breaker.isOpen ? 1 : 0),
  })
  // Disposing of it stops it; who answers requests only leaves the feeding to workers.
  if (info.role !== 'api') feed.wake()
  return {
    answers: new FallbackDriver({ first: driver, second: postgres, breaker, metrics, log }),
    feed,
    async health() {
      const down = (reason: string): Health => ({ status: 'down', reason, isOptional: true })
      try {
        const { current } = await indexes.state(pingMs)
        return current === undefined ? down('its index is not built yet; Postgres answers') : { status: 'up' }
      } catch {
        return down('Elasticsearch does not answer; Postgres does')
      }
    },
    async [Symbol.asyncDispose]() {
      await feed[Symbol.asyncDispose]()
      await client.close()
    },
  }
}

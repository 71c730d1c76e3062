import { randomBytes } from 'node:crypto'
import { Value } from '@sinclair/typebox/value'
import { openCluster } from '../../../src/modules/search/elasticsearch/cluster.ts'
import { ElasticsearchDriver } from '../../../src/modules/search/elasticsearch/elasticsearch-driver.ts'
import { Indexes } from '../../../src/modules/search/elasticsearch/indexes.ts'
import { OutsideIndex } from '../../../src/modules/search/outside-index.ts'
import { PostgresDriver } from '../../../src/modules/search/postgres/postgres-driver.ts'
import { SearchSettings } from '../../../src/modules/search/settings.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { startSearchServer } from '../../support/search-server.ts'
import { openSearch } from './open-search.ts'

/** A registry that searches in the search server of scripts/services.sh, below a prefix of its own, and both drivers apart from it. */
export async function openElasticSearch() {
  const server = await startSearchServer()
  const prefix = `t${randomBytes(6).toString('hex')}`
  const own = { elasticsearchUrl: server.url, elasticsearchPrefix: prefix, elasticsearchReplicas: 0 }
  const settings = { ...Value.Create(SearchSettings), ...own }
  const registry = await openSearch({ settings: { search: own } })
  const { kernel, transaction } = registry
  const database = kernel.resolve(Database)
  const { feed } = kernel.resolve(OutsideIndex)
  if (!feed) throw new Error('the registry has no feed')
  const client = await openCluster(settings, { maxRetries: 3 })
  const indexes = new Indexes(client, { prefix, replicas: 0 })
  const elastic = new ElasticsearchDriver({ client, indexes, database, log: kernel.log, timeoutMs: 10_000 })
  return {
    ...{ ...registry, database, server, client, indexes, feed, elastic, postgres: new PostgresDriver(database, transaction) },
    /** Everything that was written is found. */
    async settled() {
      await registry.settled()
      await feed.flush()
      await client.indices.refresh({ index: indexes.names.read })
    },
    /** How many searches Elasticsearch was asked for so far. */
    searches: () => server.requests.filter((line) => line.includes('/_search')).length,
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]()
      await server.restore()
      await client.indices.delete({ index: indexes.names.pattern })
      await client.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

import { randomBytes } from 'node:crypto'
import { Value } from '@sinclair/typebox/value'
import { openCluster } from '../../src/modules/search/elasticsearch/cluster.ts'
import { ElasticsearchDriver } from '../../src/modules/search/elasticsearch/elasticsearch-driver.ts'
import { Indexes } from '../../src/modules/search/elasticsearch/indexes.ts'
import { SearchSettings } from '../../src/modules/search/settings.ts'
import { recordLog } from '../../src/shared/testing/record-log.ts'
import { startSearchServer } from '../support/search-server.ts'
import { searchDriverContract } from './search-driver.contract.ts'

searchDriverContract('Elasticsearch', async ({ database }) => {
  const server = await startSearchServer()
  const client = await openCluster({ ...Value.Create(SearchSettings), elasticsearchUrl: server.url })
  const indexes = new Indexes(client, { prefix: `t${randomBytes(6).toString('hex')}`, replicas: 0 })
  const driver = new ElasticsearchDriver({ client, indexes, database, log: recordLog(), timeoutMs: 10_000 })
  await driver.rebuild((async function* () {})())
  return {
    driver,
    settled: async () => void (await client.indices.refresh({ index: indexes.names.read })),
    async close() {
      await client.indices.delete({ index: indexes.names.pattern })
      await client.close()
      await server[Symbol.asyncDispose]()
    },
  }
})

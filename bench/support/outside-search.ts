import type { Client } from '@elastic/elasticsearch'
import { openCluster } from '../../src/modules/search/elasticsearch/cluster.ts'
import { indexNames } from '../../src/modules/search/elasticsearch/index-definition.ts'
import { OutsideIndex } from '../../src/modules/search/outside-index.ts'
import { Database } from '../../src/shared/kernel/database.ts'
import type { Kernel } from '../../src/shared/kernel/kernel.ts'
import { Metrics } from '../../src/shared/kernel/metrics.ts'
import { startSearchServer } from '../../test/support/search-server.ts'
import type { CorpusHome } from './corpus-home.ts'

/** The corpus in an index of the search server, and a registry that searches there; gone at the end. */
export interface OutsideSearch extends AsyncDisposable {
  readonly kernel: Kernel
  /** Searches that Postgres answered because the server did not. */
  answeredElsewhere(): Promise<number>
}

const prefix = 'gati-bench'
const own = { REGISTRY_SEARCH_ELASTICSEARCH_PREFIX: prefix, REGISTRY_SEARCH_ELASTICSEARCH_REPLICAS: '0' }

/** Throws without GATI_TEST_SEARCH_SERVER. */
export async function outsideSearch(home: CorpusHome, tell: (line: string) => void): Promise<OutsideSearch> {
  const server = await startSearchServer()
  const client = await openCluster({
    elasticsearchUrl: server.url,
    elasticsearchApiKey: '',
    elasticsearchPrefix: prefix,
    elasticsearchTimeoutMs: 1_500,
    elasticsearchReplicas: 0,
  })
  // Of a run that was ended.
  await removeIndexes(client)
  // As long as it may: what is compared are answers, not times.
  const kernel = await home.open({ ...own, ELASTICSEARCH_URL: server.url, REGISTRY_SEARCH_ELASTICSEARCH_TIMEOUT_MS: '1500' })
  const { feed } = kernel.resolve(OutsideIndex)
  if (!feed) throw new Error('the registry has no index outside')
  const began = performance.now()
  await feed.flush()
  tell(`the index is there after ${((performance.now() - began) / 1_000).toFixed(0)} s`)
  const { sql } = kernel.resolve(Database)
  return {
    kernel,
    async answeredElsewhere() {
      const [, count = '0'] =
        /^registry_search_driver_answers_total\{driver="postgres"\} (\S+)$/m.exec(await kernel.resolve(Metrics).render()) ?? []
      return Number(count)
    },
    async [Symbol.asyncDispose]() {
      // The next run is without it, and the corpus as it was.
      await sql`update search_following set is_followed = false`
      await sql`truncate search_changes`
      await kernel.stop('the answers are compared')
      await removeIndexes(client)
      await client.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function removeIndexes(client: Client): Promise<void> {
  const indexes = Object.keys(await client.indices.get({ index: indexNames(prefix).pattern, allow_no_indices: true }))
  if (indexes.length > 0) await client.indices.delete({ index: indexes })
}

import type { Health } from '../../shared/kernel/module.ts'
import { service } from '../../shared/kernel/service.ts'
import type { Elasticsearch, ElasticsearchDeps } from './elasticsearch/open-elasticsearch.ts'

/** The index beside Postgres, where one is set; searches then go there first. */
export interface OutsideIndex extends Partial<Pick<Elasticsearch, 'answers' | 'feed'>>, AsyncDisposable {
  health(): Promise<Health>
}
export const OutsideIndex = service<OutsideIndex>('search.outside-index')

const none: OutsideIndex = {
  health: async () => ({ status: 'up' }),
  async [Symbol.asyncDispose]() {},
}

/** Loads nothing of Elasticsearch for whoever has none. */
export async function openOutsideIndex(deps: ElasticsearchDeps): Promise<OutsideIndex> {
  if (deps.settings.elasticsearchUrl === '') return none
  const { openElasticsearch } = await import('./elasticsearch/open-elasticsearch.ts')
  return openElasticsearch(deps)
}

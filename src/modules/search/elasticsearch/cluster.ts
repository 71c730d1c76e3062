import type { Client, ClientOptions } from '@elastic/elasticsearch'
import type { ElasticsearchSettings } from './settings.ts'

/** Compatible with 8 as well, which refuses the media types that the client of 9 would name. */
const headers = { accept: 'application/json', 'content-type': 'application/json' }
/** A bulk may wait for a merge; nobody waits for it. */
const defaultTimeoutMs = 30_000

/** The client is loaded only where it is wanted: it is large, and most registries are without Elasticsearch. */
export async function openCluster(settings: ElasticsearchSettings, own: ClientOptions = {}): Promise<Client> {
  const { Client: ElasticsearchClient } = await import('@elastic/elasticsearch')
  return new ElasticsearchClient({
    nodes: settings.elasticsearchUrl.split(','),
    ...(settings.elasticsearchApiKey !== '' && { auth: { apiKey: settings.elasticsearchApiKey } }),
    headers,
    maxRetries: 0,
    requestTimeout: defaultTimeoutMs,
    enableMetaHeader: false,
    ...own,
  })
}

/** What the answer of a server says that refused; undefined where there was no answer. */
export function statusOf(error: unknown): number | undefined {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined
  return typeof status === 'number' ? status : undefined
}

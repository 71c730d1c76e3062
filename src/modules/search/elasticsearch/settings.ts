import { type Static, Type } from '@sinclair/typebox'

/** Settings of the Elasticsearch driver, within those of the module. */
export const elasticsearchSettings = {
  elasticsearchUrl: Type.String({
    default: '',
    pattern: '^(https?://[^\\s,]+(,https?://[^\\s,]+)*)?$',
    env: 'ELASTICSEARCH_URL',
    description:
      'Elasticsearch 8 or newer, several nodes parted by commas; user and password may be in the URL. Set: searches are answered there.',
  }),
  elasticsearchApiKey: Type.String({ default: '', env: 'ELASTICSEARCH_API_KEY', description: 'Instead of user and password.' }),
  elasticsearchPrefix: Type.String({
    default: 'gati',
    pattern: '^[a-z0-9][a-z0-9_-]{0,62}$',
    description: 'Begins the names of indexes, aliases and the template; one for each registry of a cluster.',
  }),
  elasticsearchTimeoutMs: Type.Integer({
    default: 1_000,
    minimum: 50,
    maximum: 1_500,
    description: 'A search that Elasticsearch has not answered by then is answered by Postgres.',
  }),
  elasticsearchReplicas: Type.Integer({ default: 1, minimum: 0, maximum: 10, description: 'Copies of the index beside the first.' }),
}

const ElasticsearchSettings = Type.Object(elasticsearchSettings)
export type ElasticsearchSettings = Static<typeof ElasticsearchSettings>

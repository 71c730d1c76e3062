import { type Static, Type } from '@sinclair/typebox'
import type { Outbound } from '../../../shared/kernel/outbound.ts'
import type { Embedder } from './embedder.ts'
import { EndpointEmbedder } from './endpoint-embedder.ts'
import { hashingEmbedder } from './hashing-embedder.ts'

/** Of the module's settings, those of embeddings. */
export const semanticSettings = {
  embeddingUrl: Type.String({
    default: '',
    description:
      'Of an API that answers `POST <url>/embeddings` as OpenAI does, for example `https://api.example.com/v1`. Empty: meanings are told by a local method, and answers are marked experimental. A private address has to be listed in `outboundAllow`.',
  }),
  embeddingModel: Type.String({ default: 'text-embedding-3-small', minLength: 1, description: 'Asked for at `embeddingUrl`.' }),
  embeddingKey: Type.String({ default: '', description: 'Sent to `embeddingUrl` as a bearer token.' }),
  embeddingDimensions: Type.Integer({
    default: 1_536,
    minimum: 8,
    maximum: 4_096,
    description: 'Numbers in a vector of the model. Another model or number has all vectors made anew, by and by.',
  }),
  embeddingBatchSize: Type.Integer({ default: 64, minimum: 1, maximum: 2_048, description: 'Texts in one request to `embeddingUrl`.' }),
  embeddingTimeoutMs: Type.Integer({
    default: 20_000,
    minimum: 100,
    maximum: 60_000,
    description: 'Of one request with texts of documents; that of a search has 1 s.',
  }),
  embeddingAttempts: Type.Integer({
    default: 4,
    minimum: 1,
    maximum: 10,
    description: 'Of one request, with growing pauses between them.',
  }),
  embeddingMinSimilarity: Type.Number({
    default: 0.25,
    minimum: 0,
    maximum: 1,
    description: 'Cosine below which artifacts are not found by meaning alone; what is right depends on the model.',
  }),
}
const Settings = Type.Object(semanticSettings)
export type SemanticSettings = Static<typeof Settings>

/** The endpoint that the settings name, or the local method. */
export const embedderOf = (settings: SemanticSettings, outbound: Outbound): Embedder =>
  settings.embeddingUrl === ''
    ? hashingEmbedder
    : new EndpointEmbedder(outbound, {
        ...{ url: settings.embeddingUrl, model: settings.embeddingModel, key: settings.embeddingKey },
        ...{ dimensions: settings.embeddingDimensions, batchSize: settings.embeddingBatchSize },
        ...{ timeoutMs: settings.embeddingTimeoutMs, attempts: settings.embeddingAttempts, minSimilarity: settings.embeddingMinSimilarity },
      })

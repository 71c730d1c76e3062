import { setTimeout as delay } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Outbound } from '../../../shared/kernel/outbound.ts'
import { type Embedder, EmbeddingUnavailable, normalize, TextRefused } from './embedder.ts'

export interface EndpointSettings {
  /** Of the API, up to `/v1`. */
  readonly url: string
  readonly model: string
  readonly key: string
  readonly dimensions: number
  readonly batchSize: number
  readonly timeoutMs: number
  readonly attempts: number
  readonly minSimilarity: number
}

const Answer = Type.Object({ data: Type.Array(Type.Object({ index: Type.Integer({ minimum: 0 }), embedding: Type.Array(Type.Number()) })) })
/** What a number of an answer takes at most, in JSON. */
const bytesPerNumber = 32
const firstPauseMs = 200
const worthRepeating: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])
/** Of a text that is too long or otherwise not to be had; of a setting that is wrong as well. */
const ofTheText: ReadonlySet<number> = new Set([400, 413, 422])

class Refused extends EmbeddingUnavailable {}

/** Any service that answers `POST /v1/embeddings` as OpenAI's does: Ollama, vLLM, LocalAI, text-embeddings-inference and others. */
export class EndpointEmbedder implements Embedder {
  readonly id: string
  readonly dimensions: number
  readonly experimental = false
  readonly minSimilarity: number
  readonly #outbound: Outbound
  readonly #settings: EndpointSettings

  constructor(outbound: Outbound, settings: EndpointSettings) {
    this.#outbound = outbound
    this.#settings = settings
    this.id = `${settings.model}@${settings.dimensions}`
    this.dimensions = settings.dimensions
    this.minSimilarity = settings.minSimilarity
  }

  async embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]> {
    const { batchSize } = this.#settings
    const vectors: Float32Array[] = []
    for (let at = 0; at < texts.length; at += batchSize) vectors.push(...(await this.#patiently(texts.slice(at, at + batchSize), signal)))
    return vectors
  }

  async #patiently(texts: readonly string[], signal: AbortSignal | undefined): Promise<readonly Float32Array[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#ask(texts, signal)
      } catch (error) {
        signal?.throwIfAborted()
        if (attempt >= this.#settings.attempts || error instanceof Refused || error instanceof TextRefused) throw unavailable(error)
        await delay(firstPauseMs * 2 ** (attempt - 1), undefined, { signal })
      }
    }
  }

  async #ask(input: readonly string[], signal: AbortSignal | undefined): Promise<readonly Float32Array[]> {
    const { url, model, key, timeoutMs, dimensions } = this.#settings
    const timeout = AbortSignal.timeout(timeoutMs)
    const answer = await this.#outbound.request(`${url.replace(/\/+$/, '')}/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key !== '' && { authorization: `Bearer ${key}` }) },
      body: JSON.stringify({ model, input, encoding_format: 'float' }),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    if (answer.status !== 200) {
      answer.discard()
      throw new (failureOf(answer.status))(`the embedding endpoint answered ${answer.status}`)
    }
    return vectorsOf(await answer.bytes(input.length * dimensions * bytesPerNumber + 65_536), input.length, dimensions)
  }
}

function failureOf(status: number): typeof EmbeddingUnavailable {
  if (worthRepeating.has(status)) return EmbeddingUnavailable
  return ofTheText.has(status) ? TextRefused : Refused
}

/** Throws for an answer that does not hold a vector for each text: asking again would not help. */
function vectorsOf(body: Buffer, count: number, dimensions: number): readonly Float32Array[] {
  const found: unknown = JSON.parse(body.toString('utf8'))
  if (!Value.Check(Answer, found)) throw new Refused('the embedding endpoint answered with something else than embeddings')
  const vectors = new Map(found.data.map(({ index, embedding }) => [index, embedding]))
  return Array.from({ length: count }, (_, at) => {
    const numbers = vectors.get(at)
    if (numbers?.length !== dimensions)
      throw new Refused(`an embedding has ${numbers?.length ?? 0} dimensions, and embeddingDimensions says ${dimensions}`)
    return normalize(Float32Array.from(numbers))
  })
}

const unavailable = (error: unknown): EmbeddingUnavailable =>
  error instanceof EmbeddingUnavailable ? error : new EmbeddingUnavailable('the embedding endpoint does not answer', { cause: error })

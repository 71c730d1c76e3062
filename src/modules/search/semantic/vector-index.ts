import { createHash } from 'node:crypto'
import type { RawBuilder } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import { type Embedder, TextRefused } from './embedder.ts'
import { Sketcher } from './sketcher.ts'
import { cosine, fromStored, toStored } from './stored-vector.ts'
import {
  type NewVector,
  nearestFirst,
  nearestOfSome,
  type TextToEmbed,
  textsToEmbed,
  vectorOf,
  type Wanted,
  writeVectorless,
  writeVectors,
} from './vectors.queries.ts'

/** Sketches that are looked at for what the caller may see. */
const reach = 600
/** Vectors that are compared exactly. */
const compared = 300
/** Texts that go to the model in one call. */
const batchSize = 100
/** No model refuses it, so one that does refuses everything. */
const plainText = 'text'

export interface Near {
  readonly artifactId: string
  /** Cosine, at most 1. */
  readonly similarity: number
}

export interface NearQuery {
  /** Over `search_documents d`, `artifacts a` and `namespaces n`: what the caller may see and asked for. */
  readonly where: RawBuilder<unknown>
  readonly limit: number
}

/**
 * Vectors of documents, found by sketches of 1,024 bits: the nearest sketches are the candidates, and their vectors are compared exactly. Nothing here
 * waits for a model but `renew` and `embed`.
 */
export class VectorIndex {
  readonly #database: Database
  readonly #embedder: Embedder
  readonly #sketcher: Sketcher
  readonly #key: number

  constructor(database: Database, embedder: Embedder) {
    this.#database = database
    this.#embedder = embedder
    this.#sketcher = new Sketcher(embedder.dimensions)
    this.#key = createHash('sha256').update(embedder.id).digest().readInt32BE()
  }

  get model(): Pick<Embedder, 'id' | 'experimental'> {
    return this.#embedder
  }

  /** Gives vectors to those of these documents that need one; answers how many did. Throws `EmbeddingUnavailable`. */
  async renew(artifactIds: readonly string[], signal?: AbortSignal): Promise<number> {
    if (artifactIds.length === 0) return 0
    const texts = await textsToEmbed(this.#database, this.#embedder.id, artifactIds)
    for (let at = 0; at < texts.length; at += batchSize) {
      signal?.throwIfAborted()
      await this.#write(texts.slice(at, at + batchSize), signal)
    }
    return texts.length
  }

  /** Throws `EmbeddingUnavailable`. */
  async embed(text: string, signal: AbortSignal): Promise<Float32Array | undefined> {
    const [vector] = await this.#embedder.embed([text], signal)
    return vector
  }

  async vectorOf(artifactId: string): Promise<Float32Array | undefined> {
    const stored = await vectorOf(this.#database, this.#embedder.id, artifactId)
    return stored && fromStored(stored)
  }

  /** The nearest first; nothing that has less in common than the model tells apart. */
  async nearest(vector: Float32Array, { where, limit }: NearQuery): Promise<readonly Near[]> {
    const sketch = this.#sketcher.sketch(vector)
    const wanted: Wanted = { model: this.#embedder.id, key: this.#key, sketch, where, limit: compared }
    const first = await nearestFirst(this.#database, wanted, reach)
    // Few of the nearest may be shown: then those that may be are looked at alone.
    const rows = first.length < Math.min(limit, compared) ? await nearestOfSome(this.#database, wanted) : first
    return rows
      .map(({ artifactId, scale, vector: bytes }) => ({ artifactId, similarity: cosine(vector, { bytes, scale }) }))
      .filter(({ similarity }) => similarity >= this.#embedder.minSimilarity)
      .toSorted((one, other) => other.similarity - one.similarity || (one.artifactId < other.artifactId ? -1 : 1))
      .slice(0, limit)
  }

  /** One text that the model refuses costs the others of its batch some more requests, and is not asked about again until it changes. */
  async #write(texts: readonly TextToEmbed[], signal: AbortSignal | undefined): Promise<void> {
    const model = { model: this.#embedder.id, key: this.#key }
    const inputs = texts.map(({ text }) => text)
    try {
      await writeVectors(this.#database, model, this.#rowsOf(texts, await this.#embedder.embed(inputs, signal)))
    } catch (error) {
      if (!(error instanceof TextRefused)) throw error
      if (texts.length === 1) {
        await this.#embedder.embed([plainText], signal)
        await writeVectorless(this.#database, model, texts)
        return
      }
      const half = Math.ceil(texts.length / 2)
      await this.#write(texts.slice(0, half), signal)
      await this.#write(texts.slice(half), signal)
    }
  }

  #rowsOf(texts: readonly TextToEmbed[], vectors: readonly Float32Array[]): NewVector[] {
    return texts.flatMap(({ artifactId, source }, at) => {
      const vector = vectors[at]
      if (!vector) return []
      const { bytes, scale } = toStored(vector)
      return [{ artifactId, source, scale, vector: bytes.toString('hex'), sketch: this.#sketcher.sketch(vector) }]
    })
  }
}

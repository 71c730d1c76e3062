import type { Client, estypes, TransportRequestOptions } from '@elastic/elasticsearch'
import { statusOf } from './cluster.ts'
import { type IndexNames, indexForm, indexNames, indexTemplate } from './index-definition.ts'

/** What there is of this registry in the cluster. */
export interface IndexState {
  /** The index that answers; undefined before the first was built. */
  readonly current: string | undefined
  /** It was made as this version of the registry makes them, or a newer one that runs beside it. */
  readonly isOfForm: boolean
  /** Aliases that changes have to go to. */
  readonly targets: readonly string[]
}

/** The indexes of one registry and their aliases. */
export class Indexes {
  readonly names: IndexNames
  readonly #client: Client
  readonly #replicas: number

  constructor(client: Client, { prefix, replicas }: { readonly prefix: string; readonly replicas: number }) {
    this.#client = client
    this.#replicas = replicas
    this.names = indexNames(prefix)
  }

  async state(timeoutMs?: number): Promise<IndexState> {
    const { read, write, next } = this.names
    const found = await this.#all(timeoutMs === undefined ? {} : { requestTimeout: timeoutMs })
    const having = (alias: string) => Object.entries(found).find(([, { aliases }]) => aliases?.[alias] !== undefined)
    const current = having(read)
    return {
      current: current?.[0],
      isOfForm: Number(current?.[1].mappings?._meta?.['form'] ?? 0) >= indexForm,
      targets: [write, next].filter((alias) => having(alias) !== undefined),
    }
  }

  /** A new, empty index that changes go to from now on; what an earlier one left half-built is removed. */
  async open(): Promise<string> {
    const { names } = this
    await this.#client.indices.putIndexTemplate(indexTemplate(names, this.#replicas))
    const found = await this.#all()
    const kept = Object.entries(found).filter(([, { aliases }]) => aliases?.[names.read] !== undefined)
    await this.#remove(Object.keys(found).filter((index) => !kept.some(([name]) => name === index)))
    const highest = Math.max(0, ...Object.keys(found).map((index) => names.numberOf(index) ?? 0))
    const index = names.index(highest + 1)
    // Nobody searches it yet, so nothing has to be made searchable while it fills.
    await this.#client.indices.create({ index, settings: { refresh_interval: '-1', number_of_replicas: 0 }, aliases: { [names.next]: {} } })
    return index
  }

  /** All aliases move in one step: no search and no change finds none, or two. */
  async swap(index: string): Promise<void> {
    const { read, write, next } = this.names
    const { refresh_interval, number_of_replicas } = indexTemplate(this.names, this.#replicas).template?.settings ?? {}
    await this.#client.indices.putSettings({ index, settings: { refresh_interval, number_of_replicas } as estypes.IndicesIndexSettings })
    await this.#client.indices.refresh({ index })
    const old = Object.keys(await this.#all()).filter((name) => name !== index)
    const actions: estypes.IndicesUpdateAliasesAction[] = [
      ...old.flatMap((name) => [read, write].map((alias) => ({ remove: { index: name, alias, must_exist: false } }))),
      { add: { index, alias: read } },
      { add: { index, alias: write } },
      { remove: { index, alias: next } },
    ]
    await this.#client.indices.updateAliases({ actions })
    await this.#remove(old)
  }

  /** What was not swapped; the next `open` removes it where this fails. */
  async discard(index: string): Promise<void> {
    await this.#remove([index])
  }

  async #all(options: TransportRequestOptions = {}): Promise<estypes.IndicesGetResponse> {
    try {
      const found = await this.#client.indices.get({ index: this.names.pattern, allow_no_indices: true }, options)
      return Object.fromEntries(Object.entries(found).filter(([index]) => this.names.numberOf(index) !== undefined))
    } catch (error) {
      if (statusOf(error) === 404) return {}
      throw error
    }
  }

  async #remove(indexes: readonly string[]): Promise<void> {
    if (indexes.length > 0) await this.#client.indices.delete({ index: [...indexes], ignore_unavailable: true })
  }
}

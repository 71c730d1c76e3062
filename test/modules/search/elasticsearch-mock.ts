import { createRequire } from 'node:module'
import type { ClientOptions } from '@elastic/elasticsearch'
import Mock from '@elastic/elasticsearch-mock'

// The mock tells errors by the classes of its own copy.
const { errors } = createRequire(import.meta.url)('@elastic/elasticsearch') as typeof import('@elastic/elasticsearch')

export interface Sent {
  readonly method: string
  readonly path: string
  readonly querystring: Readonly<Record<string, string>>
  readonly body: unknown
}

type Answer = (sent: Sent) => Record<string, unknown> | Error

interface Alias {
  readonly index: string
  readonly alias: string
}

interface Giving {
  readonly signal?: AbortSignal
}
type AnyConnection = new (options: object) => { request(params: object, options: Giving): Promise<never> }

/** The cluster as far as the driver asks it: it keeps indexes and aliases, and takes everything else as it is told. */
export function mockCluster() {
  // Its types speak of a default export that it has not.
  const mock = new (Mock as unknown as typeof Mock.default)()
  const sent: Sent[] = []
  const indexes = new Map<string, { readonly aliases: Set<string>; readonly _meta: unknown }>()
  let template: { readonly template?: { readonly mappings?: { readonly _meta?: unknown } } } = {}
  let isDown = false
  let isStalled = false
  const answers: { bulk: Answer; search: Answer } = {
    bulk: () => ({ errors: false, items: [] }),
    search: ({ body }) => ({
      hits: { total: { value: 0, relation: 'eq' }, hits: [] },
      aggregations: Object.fromEntries(Object.keys((body as { aggs?: object }).aggs ?? {}).map((name) => [name, { buckets: [] }])),
    }),
  }
  const on = (method: string, path: string, answer: Answer) =>
    mock.add({ method, path }, (params) => {
      const one = { ...params, path: String(params.path), method: String(params.method) } as Sent
      sent.push(one)
      const answered = isDown ? new errors.ConnectionError('nobody is there') : answer(one)
      return answered as Record<string, unknown>
    })
  on('PUT', '/_index_template/:name', ({ body }) => {
    template = body as typeof template
    return { acknowledged: true }
  })
  on('GET', '/:index', () =>
    Object.fromEntries(
      [...indexes].map(([index, { aliases, _meta }]) => [
        index,
        { aliases: Object.fromEntries([...aliases].map((alias) => [alias, {}])), mappings: { _meta } },
      ]),
    ),
  )
  on('PUT', '/:index', ({ path, body }) => {
    const { aliases = {} } = body as { readonly aliases?: object }
    indexes.set(path.slice(1), { aliases: new Set(Object.keys(aliases)), _meta: template.template?.mappings?._meta })
    return { acknowledged: true }
  })
  on('DELETE', '/:index', ({ path }) => {
    for (const index of decodeURIComponent(path.slice(1)).split(',')) indexes.delete(index)
    return { acknowledged: true }
  })
  on('POST', '/_aliases', ({ body }) => {
    const { actions } = body as { readonly actions: readonly { readonly add?: Alias; readonly remove?: Alias }[] }
    for (const { add, remove } of actions) {
      if (add) indexes.get(add.index)?.aliases.add(add.alias)
      if (remove) indexes.get(remove.index)?.aliases.delete(remove.alias)
    }
    return { acknowledged: true }
  })
  on('PUT', '/:index/_settings', () => ({ acknowledged: true }))
  on('GET', '/:index/_refresh', () => ({ _shards: {} }))
  on('POST', '/_bulk', (one) => answers.bulk(one))
  on('POST', '/:index/_search', (one) => answers.search(one))
  const Answering = mock.getConnection() as unknown as AnyConnection
  class Connection extends Answering {
    override request(params: object, options: Giving): Promise<never> {
      const { signal } = options
      if (!isStalled || !signal) return super.request(params, options)
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new errors.RequestAbortedError('given up'))))
    }
  }
  return {
    ...{ sent, indexes, answers, Connection: Connection as unknown as NonNullable<ClientOptions['Connection']> },
    setDown(down: boolean) {
      isDown = down
    },
    /** Takes what somebody may give up, and answers nothing. */
    setStalled(stalled: boolean) {
      isStalled = stalled
    },
    /** What was sent to paths that end so, since the beginning. */
    bodies: (end: string) => sent.filter(({ path }) => path.endsWith(end)).map(({ body }) => body),
  }
}

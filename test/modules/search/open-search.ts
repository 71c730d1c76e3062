import { Type } from '@sinclair/typebox'
import auth from '../../../src/modules/auth/module.ts'
import type { NewVersion } from '../../../src/modules/metadata/contract.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import { renderError } from '../../../src/modules/npm/render-error.ts'
import { searchHandlers } from '../../../src/modules/npm/search/handlers.ts'
import { Search, type SearchQuery } from '../../../src/modules/search/contract.ts'
import search from '../../../src/modules/search/module.ts'
import { KernelInfo } from '../../../src/shared/kernel/kernel-info.ts'
import { defineModule } from '../../../src/shared/kernel/module.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import type { TestKernelOptions } from '../../../src/shared/testing/start-test-kernel.ts'
import { openRegistry } from '../metadata/open-registry.ts'

/** The search of the npm door without the rest of the door. */
const door = defineModule({
  name: 'npm',
  description: 'Search of packages',
  config: Type.Object({}),
  deps: { info: KernelInfo, search: Search },
  provides: {},
  setup: () => ({}),
  handlers: searchHandlers,
  http: { prefix: '/npm', renderError },
})

interface About {
  readonly [member: string]: unknown
  readonly version?: string
  readonly tags?: readonly string[]
}

/** Accounts, metadata and search, with packages in them. */
export async function openSearch(options: TestKernelOptions = {}) {
  const registry = await openRegistry({ modules: [auth, metadata, search, door], ...options })
  const { kernel, sql } = registry
  const service = kernel.resolve(Search)
  /** `namespace/name` as a package; whoever publishes has the namespace, or it is `library`. */
  const publish = async (as: Principal, path: string, { version = '1.0.0', tags = [], ...about }: About = {}) => {
    const [namespace = '', name = ''] = path.split('/')
    const metadata = { name, version, ...about }
    const entry: Partial<NewVersion> = { version, tags, metadata, bare: true }
    return registry.publish(as, { namespace, name, format: 'npm', type: 'module-node' }, entry)
  }
  const find = (as: Principal, query: string, rest: Partial<SearchQuery> = {}) => service.find(as, { query, offset: 0, limit: 50, ...rest })
  const names = async (as: Principal, query: string, rest: Partial<SearchQuery> = {}) =>
    (await find(as, query, rest)).hits.map(({ namespace, name }) => (namespace === 'library' ? name : `${namespace}/${name}`))
  return {
    ...{ ...registry, kernel, sql, search: service, publish, find, names, settled: () => kernel.drainEffects() },
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  }
}

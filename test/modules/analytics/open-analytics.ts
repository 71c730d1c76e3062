import { RollUp } from '../../../src/modules/analytics/collection/roll-up.service.ts'
import { Collection } from '../../../src/modules/analytics/contract.ts'
import analytics from '../../../src/modules/analytics/module.ts'
import auth from '../../../src/modules/auth/module.ts'
import type { Version } from '../../../src/modules/metadata/contract.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import { type RequestContext, withRequestContext } from '../../../src/shared/kernel/request-context.ts'
import type { TestKernelOptions } from '../../../src/shared/testing/start-test-kernel.ts'
import { openRegistry } from '../metadata/open-registry.ts'

/** Accounts, metadata and analytics; numbers are rolled up when a test says so. */
export async function openAnalytics(options: TestKernelOptions = {}) {
  const registry = await openRegistry({ modules: [auth, metadata, analytics], ...options })
  const { kernel, catalog, request } = registry
  const collection = kernel.resolve(Collection)
  const rollUp = kernel.resolve(RollUp)
  return {
    ...registry,
    ...{ collection, rollUp },
    /** As a request of that kind would. */
    download: (version: Pick<Version, 'id' | 'artifactId'>, context: Partial<RequestContext> = {}) =>
      withRequestContext({ requestId: 'r', trace: null, actor: null, ip: '203.0.113.7', ...context }, () => catalog.countDownload(version)),
    /** Everything counted so far is in the numbers. */
    async settle() {
      await collection.flush()
      await rollUp.run()
    },
    async json<T>(url: string, as?: string): Promise<T> {
      const answer = await request('GET', url, as === undefined ? {} : { as })
      if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode} ${answer.body}`)
      return answer.json<T>()
    },
  }
}
export type OpenAnalytics = Awaited<ReturnType<typeof openAnalytics>>

export interface SeriesAnswer {
  readonly interval: string
  readonly from: string
  readonly to: string
  readonly downloads: number
  readonly installs: number
  readonly items: readonly {
    readonly start: string
    readonly version: string | null
    readonly door: string
    readonly downloads: number
    readonly installs: number
    readonly clientDays: number | null
    readonly publishes: number
    readonly share: number
  }[]
}

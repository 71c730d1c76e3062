import { Type } from '@sinclair/typebox'
import analytics from '../../../src/modules/analytics/module.ts'
import { Blobs, Manifests } from '../../../src/modules/artifacts/contract.ts'
import auth from '../../../src/modules/auth/module.ts'
import { HealthBadges } from '../../../src/modules/insights/contract.ts'
import insights from '../../../src/modules/insights/module.ts'
import { Upkeep } from '../../../src/modules/insights/upkeep.service.ts'
import type { NewVersion, PublishTarget } from '../../../src/modules/metadata/contract.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import { ScanCompleted } from '../../../src/modules/scanning/events.contract.ts'
import { type AffectedView, Scans } from '../../../src/modules/scanning/scans.contract.ts'
import { type ManifestScore, type ScannedManifest, Scores, scoreKey } from '../../../src/modules/scanning/scores.contract.ts'
import timescape from '../../../src/modules/timescape/module.ts'
import { defineModule } from '../../../src/shared/kernel/module.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { fake } from '../../../src/shared/testing/start-test-kernel.ts'
import { openRegistry } from '../metadata/open-registry.ts'
import { storedContent } from '../timescape/semantic/stored-content.ts'

interface About {
  readonly [member: string]: unknown
  readonly as?: Partial<PublishTarget>
}

/** What scans would have found, as a test says. */
class LiteralScans {
  readonly scores = new Map<string, ManifestScore>()
  readonly affectedBy = new Map<string, AffectedView[]>()

  async of(manifests: readonly ScannedManifest[]) {
    return new Map([...this.scores].filter(([key]) => manifests.some((one) => scoreKey(one) === key)))
  }
  async affected(_principal: Principal, id: string) {
    return { items: this.affectedBy.get(id) ?? [], nextCursor: null }
  }
}

/** Events of scanning without its tables. */
const scanning = defineModule({
  name: 'scanning',
  description: 'Events alone',
  config: Type.Object({ automatic: Type.Optional(Type.Boolean()) }),
  deps: {},
  provides: {},
  setup: () => ({}),
  events: [ScanCompleted],
})

/** Accounts, metadata, graphs and insights, without the bytes of artifacts; scans are literal. */
export async function openInsights() {
  const content = storedContent()
  const scans = new LiteralScans()
  const registry = await openRegistry({
    modules: [auth, metadata, timescape, scanning, analytics, insights],
    provide: [fake(Blobs, content.blobs), fake(Manifests, content.manifests), fake(Scans, scans as unknown as Scans), fake(Scores, scans)],
  })
  const { kernel, sql } = registry
  const settled = async () => {
    for (let depth = 0; depth < 4; depth += 1) await kernel.drainEffects()
  }
  /** `namespace/name:version`: a package whose metadata is that of a package.json, unless `as` says otherwise. */
  const publish = (caller: Principal, path: string, { as, ...about }: About = {}) => {
    const [, namespace = '', name = '', version = ''] = /^([^/]+)\/(.+):(.+)$/.exec(path) ?? []
    const entry: Partial<NewVersion> = { version, metadata: { name, version, ...about }, bare: true }
    return registry.publish(caller, { namespace, name, format: 'npm', type: 'module-node', ...as }, entry)
  }
  const get = async (url: string, as?: string) => {
    const answer = await registry.request('GET', url, as === undefined ? {} : { as })
    return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() }
  }
  const post = async (url: string, body: unknown, as?: string) => {
    const answer = await registry.request('POST', url, { body, ...(as !== undefined && { as }) })
    return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() }
  }
  /** Everything that would be done within minutes. */
  const keepUp = async () => {
    await settled()
    await sql`update insights_due set due_at = now()`
    await kernel.resolve(Upkeep).run(new AbortController().signal)
  }
  return {
    ...{ ...registry, kernel, sql, scans, publish, get, post, settled, keepUp, badges: kernel.resolve(HealthBadges) },
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  }
}
export type InsightsRegistry = Awaited<ReturnType<typeof openInsights>>

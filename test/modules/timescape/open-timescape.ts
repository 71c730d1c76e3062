import { Blobs, Manifests } from '../../../src/modules/artifacts/contract.ts'
import auth from '../../../src/modules/auth/module.ts'
import type { NewVersion } from '../../../src/modules/metadata/contract.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import { References } from '../../../src/modules/metadata/references.contract.ts'
import timescape from '../../../src/modules/timescape/module.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { fake, type TestKernelOptions } from '../../../src/shared/testing/start-test-kernel.ts'
import { digest, openRegistry } from '../metadata/open-registry.ts'
import { storedContent } from './semantic/stored-content.ts'

/** Metadata of a module whose types are written in the manifest's notation. */
export const typed = (gtypes: Readonly<Record<string, Readonly<Record<string, string>>>>) => ({
  config: {},
  gtypes: Object.entries(gtypes).map(([name, fields]) => ({ name, fields })),
})

const partsOf = (path: string) => {
  const [, namespace = '', name = '', reference = ''] = /^([^/]+)\/(.+):(.+)$/.exec(path) ?? []
  return { namespace, name, reference }
}

/** Accounts, metadata and graphs, without the bytes of artifacts. */
export async function openTimescape(options: TestKernelOptions = {}) {
  const content = storedContent()
  const registry = await openRegistry({
    modules: [auth, metadata, timescape],
    provide: [fake(Blobs, content.blobs), fake(Manifests, content.manifests)],
    ...options,
  })
  const { kernel, sql, transaction, catalog } = registry
  // An effect's events are work that comes after what was there when it began.
  const settled = async () => {
    for (let depth = 0; depth < 4; depth += 1) await kernel.drainEffects()
  }
  /** `namespace/name:version` with whatever metadata, of a format whose content is not compared. */
  const publish = (as: Principal, path: string, about: Readonly<Record<string, unknown>> = {}) => {
    const { namespace, name, reference: version } = partsOf(path)
    const entry: Partial<NewVersion> = { version, metadata: { name, version, ...about }, bare: true }
    const type = about['type'] === 'transformer' ? 'transformer' : 'plugin'
    return registry.publish(as, { namespace, name, format: 'generic', type }, entry)
  }
  /** `namespace/name:tag` of an image, to a new manifest unless one is given. */
  const push = async (as: Principal, path: string, manifestDigest = digest()) => {
    const { namespace, name, reference: tag } = partsOf(path)
    await transaction.run(async () => {
      const located = await catalog.openForPublish(as, { namespace, name, format: 'oci', type: 'module-oci' })
      await kernel.resolve(References).assign(located, [tag], { manifestDigest, sizeBytes: 3, settlesType: true })
    })
    return manifestDigest
  }
  /** Every live node by version, with its parent and the type of the edge to it. */
  const graphOf = async (path: string) => {
    const [namespace = '', name = ''] = path.split('/')
    const rows = await sql<{ version: string; parent: string | null; type: string | null }>`
      select n.version, p.version as parent, e.type from timescape_nodes n join artifacts a on a.id = n.artifact_id
        join namespaces s on s.id = a.namespace_id left join timescape_nodes p on p.id = n.parent_id
        left join timescape_edges e on e.from_id = p.id and e.to_id = n.id
      where s.name = ${namespace} and a.name = ${name} and n.state = 'live' order by n.sort_key, n.version`
    return rows.map(({ version, parent, type }) => [version, parent, type])
  }
  const get = async (url: string, as = 'ada', headers: Record<string, string> = {}) => {
    const answer = await registry.request('GET', url, { as, headers })
    return { status: answer.statusCode, body: answer.body === '' ? undefined : answer.json() }
  }
  return { ...registry, content, publish, push, graphOf, settled, get, [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose]() }
}
export type TimescapeRegistry = Awaited<ReturnType<typeof openTimescape>>

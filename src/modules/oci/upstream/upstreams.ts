import type { Logger } from '../../../shared/kernel/logger.ts'
import type { Outbound } from '../../../shared/kernel/outbound.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { Repositories, RepositoryRef, Uploads } from '../../artifacts/contract.ts'
import { type AdmissionParts, admit } from './admission.ts'
import { CachingRepositories, type RefusePush } from './caching-repositories.ts'
import { CachePushRefused } from './errors.ts'
import { PullThrough } from './pull-through.ts'
import type { Upstream } from './settings.ts'
import { UpstreamClient } from './upstream-client.ts'

/** `Repositories` as this door shows them. */
export const DoorRepositories = service<Repositories>('oci.repositories')
export const DoorUploads = service<Uploads>('oci.uploads')

/** Namespaces whose repositories come into being by being pulled. */
export interface CacheNamespaces {
  has(namespace: string): boolean
}
export const CacheNamespaces = service<CacheNamespaces>('oci.cache_namespaces')

export interface UpstreamParts extends AdmissionParts {
  readonly repositories: Repositories
  readonly uploads: Uploads
  readonly outbound: Outbound
  readonly log: Logger
}

/** Puts the caches of other registries before what is stored here. Throws an error for a namespace that has two upstreams. */
export function withUpstreams(
  parts: UpstreamParts,
  { upstreams, maxManifestSize }: { readonly upstreams: readonly Upstream[]; readonly maxManifestSize: number },
): { readonly repositories: Repositories; readonly uploads: Uploads; readonly caches: CacheNamespaces } {
  const caches = new Map<string, PullThrough>()
  for (const upstream of upstreams) {
    if (caches.has(upstream.namespace)) throw new Error(`the namespace ${upstream.namespace} has two upstreams`)
    const client = new UpstreamClient(parts.outbound, upstream, maxManifestSize)
    caches.set(upstream.namespace, new PullThrough({ ...parts, client }, upstream))
  }
  const cacheOf = (ref: RepositoryRef): PullThrough | undefined => {
    const cache = caches.get(ref.namespace)
    return cache?.covers(ref) ? cache : undefined
  }
  /** Who may not push there is not told what it is. */
  const refusePush: RefusePush = async (principal, { namespace, name, format = 'oci' }) => {
    if (format !== 'oci' || !caches.has(namespace)) return
    await admit(parts, principal, { ref: { namespace, name, format }, action: 'publish' })
    throw new CachePushRefused()
  }
  return {
    caches,
    repositories: new CachingRepositories({ ...parts, cacheOf, refusePush }),
    uploads: refusingUploads(parts.uploads, refusePush),
  }
}

/** A session that cannot end in a repository is not begun. */
const refusingUploads = (uploads: Uploads, refusePush: RefusePush): Uploads => ({
  async open(principal, target, expectedBytes) {
    await refusePush(principal, target)
    return uploads.open(principal, target, expectedBytes)
  },
  status: (...args) => uploads.status(...args),
  append: (...args) => uploads.append(...args),
  finish: (...args) => uploads.finish(...args),
  cancel: (...args) => uploads.cancel(...args),
})

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openPublishing } from './open-publishing.ts'

export interface CacheOptions {
  readonly upstream: { readonly origin: string }
  /** More of the upstream's settings. */
  readonly more?: object
  readonly npm?: object
  readonly allow?: readonly string[]
  /** Several of them, in place of `upstream`. */
  readonly upstreams?: readonly object[]
}

/** The registry of `openPublishing`, which asks the upstream for everything that is not here. */
export async function openCache({ upstream, more = {}, npm = {}, allow = ['127.0.0.1'], upstreams }: CacheOptions) {
  const settings = upstreams ?? [{ match: ['*', '@*/*'], url: upstream.origin, cacheSeconds: 0, ...more }]
  const door = await openPublishing({
    kernel: { outboundAllow: [...allow] },
    settings: { npm: { upstreams: settings, ...npm } },
  })
  onTestFinished(() => door[Symbol.asyncDispose]())
  const get = (name: string, as?: string, headers: Readonly<Record<string, string>> = {}) =>
    door.send('GET', `/npm/${name.replace('/', '%2f')}`, { headers, ...(as !== undefined && { as }) })
  const tarball = (name: string, version: string, headers: Readonly<Record<string, string>> = {}) =>
    door.send('GET', `/npm/${name}/-/${name.split('/').at(-1)}-${version}.tgz`, { headers })
  const folder = join(door.kernel.home.dataDir, 'cache', 'npm-upstreams')
  const files = async (end: string) => (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(end))
  return { ...door, upstream, get, tarball, folder, files }
}
export type Cache = Awaited<ReturnType<typeof openCache>>

export interface AnyDocument {
  readonly name: string
  readonly 'dist-tags': Readonly<Record<string, string>>
  readonly time: Readonly<Record<string, string>>
  readonly versions: Readonly<Record<string, AnyManifest>>
}
export interface AnyManifest {
  readonly name: string
  readonly version: string
  readonly scripts?: object
  readonly hasInstallScript?: boolean
  readonly dist: {
    readonly tarball: string
    readonly integrity: string
    readonly signatures?: readonly { readonly keyid: string; readonly sig: string }[]
  }
}

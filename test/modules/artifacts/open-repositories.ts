import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { type ManifestPush, Repositories, type RepositoryRef, Uploads } from '../../../src/modules/artifacts/contract.ts'
import { Downloads } from '../../../src/modules/artifacts/downloads.service.ts'
import { imageManifestType } from '../../../src/modules/artifacts/manifest-document.ts'
import type { ArtifactsSettings } from '../../../src/modules/artifacts/settings.ts'
import { anonymous, type Principal } from '../../../src/shared/kernel/principal.ts'
import { openStore, sha256 } from './open-store.ts'

export const indexType = 'application/vnd.oci.image.index.v1+json'
export const configType = 'application/vnd.oci.image.config.v1+json'
export const layerType = 'application/vnd.oci.image.layer.v1.tar'
export const sha512 = (bytes: Buffer | string): string => `sha512:${createHash('sha512').update(bytes).digest('hex')}`

export const oci = (namespace: string, name: string): RepositoryRef => ({ namespace, name, format: 'oci' })
export const describe = (mediaType: string, bytes: Buffer, digest = sha256(bytes)) => ({ mediaType, digest, size: bytes.length })
export const json = (document: object): Buffer => Buffer.from(JSON.stringify(document))

/** The store through the door's service, and people whose rights are looked up for real. */
export async function openRepositories(settings: Partial<ArtifactsSettings> = {}) {
  const store = await openStore({ settings: { driver: 'file-system', ...settings } })
  const repositories = store.kernel.resolve(Repositories)
  const principals = new Map<string, Principal>()
  const person = async (username: string): Promise<Principal> => {
    const known = principals.get(username)
    if (known) return known
    await store.user(username)
    const [row] = await store.sql<{ id: string }>`select id from accounts where name = ${username}`
    const made: Principal = { userId: row?.id ?? '', username, isAdmin: false, scopes: new Set(['read', 'publish', 'admin']) }
    principals.set(username, made)
    return made
  }
  const pushBlob = (...[principal, ref, bytes, digest = sha256(bytes)]: [Principal, RepositoryRef, Buffer, string?]) =>
    repositories.pushBlob(principal, ref, { body: Readable.from([bytes]), digest, sizeBytes: bytes.length })
  const push = (...[principal, ref, document, more = {}]: [Principal, RepositoryRef, object, Partial<ManifestPush>?]) => {
    const content = Buffer.isBuffer(document) ? document : json(document)
    return repositories.pushManifest(principal, ref, { mediaType: imageManifestType, content, tags: [], ...more })
  }
  /** Config and layers are pushed; the manifest is not. */
  const imageOf = async (
    ...[principal, ref, layers, config = Buffer.from('{}')]: [Principal, RepositoryRef, readonly Buffer[], Buffer?]
  ) => {
    for (const bytes of [config, ...layers]) await pushBlob(principal, ref, bytes)
    return {
      schemaVersion: 2,
      mediaType: imageManifestType,
      config: describe(configType, config),
      layers: layers.map((bytes) => describe(layerType, bytes)),
    }
  }
  const setNamespace = async (name: string, change: object): Promise<void> => {
    const answer = await store.request('PATCH', `/v1/namespaces/${name}`, { as: 'admin', body: change })
    if (answer.statusCode !== 200) throw new Error(answer.body)
  }
  return {
    ...{ store, sql: store.sql, kernel: store.kernel, repositories, person, push, pushBlob, imageOf, setNamespace, anonymous },
    uploads: store.kernel.resolve(Uploads),
    downloads: store.kernel.resolve(Downloads),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
}

import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { Blobs, Manifests } from '../../../../src/modules/artifacts/contract.ts'
import type { VersionContent } from '../../../../src/modules/timescape/semantic-diff.ts'

const digestOf = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
}

const elsewhere = (): never => {
  throw new Error('comparisons only read')
}

/** Blobs and manifests in memory, of one artifact. */
export function storedContent() {
  const contents = new Map<string, Buffer>()
  const manifestTypes = new Map<string, string>()
  let bytesRead = 0
  const put = (content: Buffer, mediaType: string, annotations?: Descriptor['annotations']): Descriptor => {
    const digest = digestOf(content)
    contents.set(digest, content)
    return { mediaType, digest, size: content.length, ...(annotations && { annotations }) }
  }
  const blobs: Blobs = {
    ...{ store: elsewhere, link: elsewhere },
    open: async (_artifactId, digest) => {
      const content = contents.get(digest)
      return (
        content && {
          ...{ id: digest, digest, sizeBytes: content.length },
          read: async (range) => {
            const part = range ? content.subarray(range.start, range.end + 1) : content
            bytesRead += part.length
            return Readable.from(part.length > 0 ? [part] : [])
          },
        }
      )
    },
  }
  const manifests: Manifests = {
    ...{ put: elsewhere, unlink: elsewhere },
    get: async (_artifactId, digest) => {
      const content = contents.get(digest)
      const mediaType = manifestTypes.get(digest)
      return content && mediaType !== undefined ? { digest, mediaType, content } : undefined
    },
  }
  return {
    ...{ blobs, manifests, put },
    bytesRead: () => bytesRead,
    manifest: (document: object, mediaType = 'application/vnd.oci.image.manifest.v1+json'): Descriptor => {
      const descriptor = put(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...document })), mediaType)
      manifestTypes.set(descriptor.digest, mediaType)
      return descriptor
    },
  }
}
export type StoredContent = ReturnType<typeof storedContent>

const versionOf = (format: VersionContent['format'], { digest }: Descriptor): VersionContent => ({
  ...{ artifactId: 'a', manifestDigest: digest, format, metadata: {} },
  type: format === 'oci' ? 'module-oci' : format === 'model' ? 'model' : 'module-node',
})

/** What the npm door makes of a tarball. */
export function packageVersion(store: StoredContent, tarball: Buffer): VersionContent {
  const layer = store.put(tarball, 'application/vnd.npm.package.v1.tar+gzip')
  return versionOf('npm', store.manifest({ artifactType: 'application/vnd.npm.package.v1', layers: [layer] }))
}

/** One image, or an index of several. */
export function imageVersion(
  store: StoredContent,
  images: readonly { readonly platform?: string; readonly config?: object; readonly layers?: readonly string[] }[],
): VersionContent {
  const children = images.map(({ platform = 'linux/amd64', config = {}, layers = [] }) => {
    const [os, architecture, variant] = platform.split('/')
    const place = { os, architecture, ...(variant !== undefined && { variant }) }
    const content = Buffer.from(JSON.stringify({ ...place, config, rootfs: { type: 'layers', diff_ids: layers } }))
    const manifest = store.manifest({ config: store.put(content, 'application/vnd.oci.image.config.v1+json'), layers: [] })
    return { ...manifest, platform: place }
  })
  const [only, ...others] = children
  const index = 'application/vnd.oci.image.index.v1+json'
  return versionOf('oci', only && others.length === 0 ? only : store.manifest({ manifests: children }, index))
}

export function modelVersion(store: StoredContent, files: Readonly<Record<string, Buffer>>): VersionContent {
  const layers = Object.entries(files).map(([name, content]) =>
    store.put(content, 'application/octet-stream', { 'org.opencontainers.image.title': name }),
  )
  return versionOf('model', store.manifest({ artifactType: 'application/vnd.gati.model.v1', layers }))
}

import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import { layerTrees } from './file-trees.ts'

const imageType = 'application/vnd.oci.image.manifest.v1+json'
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip'

export interface ImageFile {
  readonly path: string
  readonly content: Buffer | string
}

interface Layer {
  readonly path: string
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number }
  readonly files: number
}

/** An image in a folder, about 500 MB as it travels: a distribution, a runtime, packages of Python, an application with its `node_modules`. */
export interface Image {
  readonly layers: readonly Layer[]
  readonly sizeBytes: number
  readonly files: number
}

/** The same bytes every time. */
export async function makeImage(folder: string): Promise<Image> {
  const layers: Layer[] = []
  for (const [name, files] of layerTrees()) layers.push(await makeLayer(join(folder, `${name}.tar.gz`), files))
  const sum = (of: (layer: Layer) => number): number => layers.reduce((total, layer) => total + of(layer), 0)
  return { layers, sizeBytes: sum(({ descriptor }) => descriptor.size), files: sum(({ files }) => files) }
}

async function makeLayer(path: string, tree: Iterable<ImageFile>): Promise<Layer> {
  const archive = pack()
  const hash = createHash('sha256')
  const written = pipeline(
    archive,
    createGzip({ level: 1 }),
    async function* (packed: AsyncIterable<Buffer>) {
      for await (const chunk of packed) {
        hash.update(chunk)
        yield chunk
      }
    },
    createWriteStream(path),
  )
  let files = 0
  for (const { path: name, content } of tree) {
    files += 1
    await new Promise<void>((resolve, reject) => {
      archive.entry({ name, mtime: new Date(0) }, Buffer.from(content), (error) => (error ? reject(error) : resolve()))
    })
  }
  archive.finalize()
  await written
  const { size } = await stat(path)
  return { path, files, descriptor: { mediaType: layerType, digest: `sha256:${hash.digest('hex')}`, size } }
}

interface Target {
  readonly url: string
  readonly repository: string
  readonly authorization: string
}

type Body = NonNullable<RequestInit['body']>

interface Sent {
  readonly method: string
  readonly body?: Body
  readonly type?: string
}

/** Everything but the manifest. Answers what puts that, which makes the image one. */
export async function pushLayers({ url, repository, authorization }: Target, { layers }: Image): Promise<() => Promise<void>> {
  const base = `${url}/v2/${repository}`
  const send = async (place: URL, { type = 'application/octet-stream', ...asked }: Sent): Promise<Response> => {
    const init: RequestInit & { duplex: 'half' } = { ...asked, headers: { authorization, 'content-type': type }, duplex: 'half' }
    const answer = await fetch(place, init)
    if (!answer.ok) throw new Error(`${asked.method} ${place.pathname}: ${answer.status} ${await answer.text()}`)
    await answer.arrayBuffer()
    return answer
  }
  const sendBlob = async (digest: string, body: Body): Promise<void> => {
    const opened = await send(new URL(`${base}/blobs/uploads/`), { method: 'POST' })
    const upload = new URL(opened.headers.get('location') ?? '', url)
    upload.searchParams.set('digest', digest)
    await send(upload, { method: 'PUT', body })
  }
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } })
  const digest = `sha256:${createHash('sha256').update(config).digest('hex')}`
  await sendBlob(digest, config)
  for (const { path, descriptor } of layers) await sendBlob(descriptor.digest, Readable.toWeb(createReadStream(path)) as never)
  const manifest = JSON.stringify({
    ...{ schemaVersion: 2, mediaType: imageType, layers: layers.map(({ descriptor }) => descriptor) },
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: config.length },
  })
  return async () => void (await send(new URL(`${base}/manifests/1.0.0`), { method: 'PUT', body: manifest, type: imageType }))
}

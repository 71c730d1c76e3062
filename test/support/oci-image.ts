import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OciRegistry } from './oci-registry.ts'

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
  readonly platform?: { readonly os: string; readonly architecture: string }
}
interface Index {
  readonly schemaVersion: 2
  readonly mediaType?: string
  readonly manifests: readonly Descriptor[]
}

const indexType = 'application/vnd.oci.image.index.v1+json'
const refName = 'org.opencontainers.image.ref.name'
const architectures = ['amd64', 'arm64'] as const

export const sha256 = (bytes: Buffer | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/**
 * An OCI layout in the folder of the registry's clients, made by umoci from nothing: the images `amd64` and `arm64`, and `multi`, an index of both.
 * Every layout has other bytes.
 */
export async function umociLayout({ run, folder }: OciRegistry, name: string): Promise<{ readonly path: string; readonly index: string }> {
  const path = join(folder, name)
  const content = join(folder, `${name}-content`)
  await mkdir(content)
  await run(['umoci', 'init', '--layout', path])
  for (const architecture of architectures) {
    const image = `${path}:${architecture}`
    await run(['umoci', 'new', '--image', image])
    await run([
      'umoci',
      'config',
      '--image',
      image,
      '--os',
      'linux',
      '--architecture',
      architecture,
      '--config.label',
      'org.example.made=umoci',
    ])
    for (const file of ['shared', architecture]) {
      await writeFile(join(content, file), `${file} of ${path}\n`.repeat(1_000))
      await run(['umoci', 'insert', '--image', image, join(content, file), `/${file}`])
    }
  }
  return { path, index: await addIndex(path) }
}

/** umoci makes no indexes. */
async function addIndex(layout: string): Promise<string> {
  const file = join(layout, 'index.json')
  const top: Index = JSON.parse(await readFile(file, 'utf8'))
  const manifests = architectures.map((architecture) => {
    const found = top.manifests.find(({ annotations }) => annotations?.[refName] === architecture)
    if (!found) throw new Error(`umoci made no ${architecture}`)
    const { mediaType, digest, size } = found
    return { mediaType, digest, size, platform: { os: 'linux', architecture } }
  })
  const bytes = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests } satisfies Index)
  const digest = sha256(bytes)
  await writeFile(join(layout, 'blobs/sha256', digest.slice('sha256:'.length)), bytes)
  const entry: Descriptor = { mediaType: indexType, digest, size: Buffer.byteLength(bytes), annotations: { [refName]: 'multi' } }
  await writeFile(file, JSON.stringify({ ...top, manifests: [...top.manifests, entry] }))
  return digest
}

/** Digest of what a tag of a layout names. */
export async function layoutDigest(layout: string, tag: string): Promise<string | undefined> {
  const { manifests }: Index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'))
  return manifests.find(({ annotations }) => annotations?.[refName] === tag)?.digest
}

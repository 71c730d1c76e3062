import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ArtifactAddress, artifactPath } from './address.ts'
import type { RegistryClient } from './client.ts'
import { downloadFile, type Fetched } from './download.ts'
import { Failure } from './failure.ts'
import type { Output } from './output.ts'

export interface FoundVersion {
  readonly version: string
  readonly state: string
  readonly stateReason: string | null
  readonly manifestDigest: string
  readonly metadata: Readonly<Record<string, unknown>>
}

interface Layer {
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Wanted {
  readonly address: ArtifactAddress
  readonly format: string | undefined
  readonly found: FoundVersion
}

/** By version or tag. */
export const findVersion = (client: RegistryClient, address: ArtifactAddress, wanted: { version: string; format?: string | undefined }) =>
  client.json<FoundVersion>(artifactPath(address, wanted.version, 'metadata'), { query: { format: wanted.format } })

/** Where the files of a version go: one file is named by `single`, several keep their own names in `folder`. */
export interface Place {
  readonly single: (title: string | undefined) => string
  readonly folder: string
}

/** The files of a version, checked against its manifest. */
export async function fetchFiles(
  client: RegistryClient,
  output: Output,
  { wanted, place }: { wanted: Wanted; place: Place },
): Promise<Fetched[]> {
  const { address, format, found } = wanted
  if (found.state === 'deprecated') output.note(`${found.version} is deprecated: ${found.stateReason ?? 'no reason given'}`)
  const layers = await layersOf(client, wanted)
  const [only] = layers
  if (!only) return [await writeMetadata(found, `${place.single(undefined)}.json`)]
  const download = (layer: Layer, url: string, path: string) =>
    downloadFile(client, output, { url, query: { format }, path, digest: layer.digest, sizeBytes: layer.size })
  if (layers.length === 1) return [await download(only, artifactPath(address, found.version), place.single(fileNameOf(only)))]
  await mkdir(place.folder, { recursive: true })
  const names = layers.map((layer, index) => fileNameOf(layer) ?? `file-${index}`)
  const fetched: Fetched[] = []
  for (const [index, layer] of layers.entries()) {
    const name = names.indexOf(names[index] ?? '') === index ? names[index] : `${index}-${names[index]}`
    fetched.push(await download(layer, artifactPath(address, '-', 'blobs', layer.digest), join(place.folder, name ?? '')))
  }
  return fetched
}

/** The title the publisher gave, when it is a plain file name: it decides where on this machine bytes are written. */
function fileNameOf({ annotations }: Layer): string | undefined {
  const title = annotations?.['org.opencontainers.image.title']
  return title !== undefined && /^[\w+-][\w.+ -]{0,200}$/.test(title) && !title.endsWith('.part') ? title : undefined
}

async function layersOf(client: RegistryClient, { address, format, found }: Wanted): Promise<Layer[]> {
  const response = await client.send(artifactPath(address, '-', 'manifests', found.manifestDigest), { query: { format } })
  const content = Buffer.from(await response.arrayBuffer())
  const computed = `sha256:${createHash('sha256').update(content).digest('hex')}`
  if (found.manifestDigest.startsWith('sha256:') && computed !== found.manifestDigest)
    throw new Failure(`checksum mismatch: expected manifest ${found.manifestDigest}, received ${computed}`)
  return (JSON.parse(content.toString()) as { layers?: Layer[] }).layers ?? []
}

/** A version without files is what its metadata says. */
async function writeMetadata({ metadata, manifestDigest }: FoundVersion, path: string): Promise<Fetched> {
  const text = `${JSON.stringify(metadata, null, 2)}\n`
  await writeFile(path, text)
  return { path, digest: manifestDigest, sizeBytes: Buffer.byteLength(text), receivedBytes: 0 }
}

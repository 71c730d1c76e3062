import type { BlobContent, Blobs, Manifests } from '../../../artifacts/contract.ts'
import { type Members, readBounded, readMembers, UnreadableContent } from '../content.ts'
import { readManifest } from '../manifest-layers.ts'

/** Files of a model by name. */
export type ModelFiles = ReadonlyMap<string, { readonly digest: string; readonly size: number }>

export interface ModelSource {
  readonly blobs: Blobs
  readonly manifests: Manifests
  readonly artifactId: string
}

const titleAnnotation = 'org.opencontainers.image.title'
const maxParts = 200
const maxFiles = 100_000

/** Of one manifest, or of an index of manifests that hold its files in parts. Undefined when it is not there. Throws UnreadableContent. */
export async function listFiles({ manifests, artifactId }: ModelSource, digest: string): Promise<ModelFiles | undefined> {
  const manifest = await readManifest(manifests, artifactId, digest)
  if (!manifest) return undefined
  const files = new Map<string, { readonly digest: string; readonly size: number }>()
  addFiles(files, manifest)
  // One after the other: each may be as large as a manifest gets.
  for (const { digest: part } of manifest.manifests?.slice(0, maxParts) ?? [])
    addFiles(files, await readManifest(manifests, artifactId, part))
  return files
}

function addFiles(
  files: Map<string, { readonly digest: string; readonly size: number }>,
  part: Awaited<ReturnType<typeof readManifest>>,
): void {
  for (const { annotations, digest, size } of part?.layers ?? []) {
    const name = annotations.get(titleAnnotation)
    if (name === undefined || files.size >= maxFiles) continue
    files.set(name.replace(/^\.?\/+/, ''), { digest, size })
  }
}

/** What comparisons read of one version. */
export class ModelReader {
  readonly #source: ModelSource
  readonly files: ModelFiles

  constructor(source: ModelSource, files: ModelFiles) {
    this.#source = source
    this.files = files
  }

  /** Undefined when there is no such file, or it is not here. Throws UnreadableContent. */
  async json(name: string, maxBytes = 2_097_152): Promise<Members | undefined> {
    const blob = await this.#open(name)
    if (!blob) return undefined
    return readMembers((await readBounded(await blob.read(), { maxBytes, name })).toString('utf8'), name)
  }

  /** The first bytes of a file, fewer when it is shorter. */
  async head(name: string, range: { readonly start: number; readonly bytes: number }): Promise<Buffer | undefined> {
    const blob = await this.#open(name)
    if (!blob) return undefined
    const end = Math.min(range.start + range.bytes, blob.sizeBytes) - 1
    if (end < range.start) return Buffer.alloc(0)
    const content = await readBounded(await blob.read({ start: range.start, end }), { maxBytes: range.bytes, name })
    if (content.length !== end - range.start + 1) throw new UnreadableContent(`${name} is cut short`)
    return content
  }

  async #open(name: string): Promise<BlobContent | undefined> {
    const file = this.files.get(name)
    return file && this.#source.blobs.open(this.#source.artifactId, file.digest)
  }
}

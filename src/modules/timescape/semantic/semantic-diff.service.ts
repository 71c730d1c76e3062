import type { Blobs, Manifests } from '../../artifacts/contract.ts'
import type { Change } from '../change.ts'
import type { SemanticDiff, VersionContent } from '../semantic-diff.ts'
import { UnreadableContent } from './content.ts'
import { type DeclarationLimits, DeclarationThread } from './declarations/declaration-thread.ts'
import { readManifest } from './manifest-layers.ts'
import { compareModels } from './model/compare-models.ts'
import { listFiles, ModelReader } from './model/read-model.ts'
import { packageChanges, readPackages } from './npm/package-diff.ts'
import { compareImages } from './oci/compare-images.ts'
import { readImage } from './oci/read-image.ts'
import { Changes } from './report.ts'

export interface SemanticDiffParts {
  readonly blobs: Blobs
  readonly manifests: Manifests
}

interface Pair {
  readonly before: VersionContent
  readonly after: VersionContent
}

/** Compares what versions are made of, by the rules of `docs/semantic-diff.md`. */
export class SemanticDiffService implements SemanticDiff, AsyncDisposable {
  readonly #parts: SemanticDiffParts
  readonly #thread: DeclarationThread

  constructor(parts: SemanticDiffParts, limits: Partial<DeclarationLimits> = {}) {
    this.#parts = parts
    this.#thread = new DeclarationThread(limits)
  }

  async changes(before: VersionContent, after: VersionContent, signal: AbortSignal): Promise<readonly Change[]> {
    signal.throwIfAborted()
    if (before.manifestDigest === after.manifestDigest || before.format !== after.format) return []
    try {
      return await this.#compare({ before, after }, signal)
    } catch (error) {
      if (error instanceof UnreadableContent) return [{ path: '', rule: 'content-unreadable', bump: 'none', message: error.message }]
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread[Symbol.asyncDispose]()
  }

  async #compare(pair: Pair, signal: AbortSignal): Promise<readonly Change[]> {
    switch (pair.before.format) {
      case 'npm':
        return this.#packages(pair, signal)
      case 'oci':
        return this.#images(pair, signal)
      case 'model':
        return this.#models(pair, signal)
      case 'generic':
        return []
    }
  }

  async #packages({ before, after }: Pair, signal: AbortSignal): Promise<readonly Change[]> {
    const packages = await readPackages({ before: () => this.#tarball(before), after: () => this.#tarball(after) }, signal)
    return packageChanges(packages, this.#thread, signal)
  }

  async #tarball({ artifactId, manifestDigest }: VersionContent) {
    const manifest = await readManifest(this.#parts.manifests, artifactId, manifestDigest)
    const [layer, ...others] = manifest?.layers ?? []
    const blob = layer && others.length === 0 ? await this.#parts.blobs.open(artifactId, layer.digest) : undefined
    if (!blob) throw new UnreadableContent('the tarball of the package is not here')
    return blob.read()
  }

  async #images({ before, after }: Pair, signal: AbortSignal): Promise<readonly Change[]> {
    const changes = new Changes()
    const read = ({ artifactId, manifestDigest }: VersionContent) => readImage({ ...this.#parts, artifactId }, manifestDigest, signal)
    const [was, is] = [await read(before), await read(after)]
    if (!was || !is) throw new UnreadableContent('a manifest is not here')
    compareImages({ before: was, after: is }, changes.add)
    return changes.list
  }

  async #models({ before, after }: Pair, signal: AbortSignal): Promise<readonly Change[]> {
    const changes = new Changes()
    const read = async ({ artifactId, manifestDigest }: VersionContent) => {
      const source = { ...this.#parts, artifactId }
      const files = await listFiles(source, manifestDigest)
      if (!files) throw new UnreadableContent('a manifest is not here')
      return new ModelReader(source, files)
    }
    await compareModels({ before: await read(before), after: await read(after) }, changes.add, signal)
    return changes.list
  }
}

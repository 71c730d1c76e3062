import { isDomainError } from '../../../shared/errors/domain-error.ts'
import type { Database } from '../../../shared/kernel/database.ts'
import { Slots } from '../../../shared/kernel/slots.ts'
import type { BlobContent, Blobs, Manifests } from '../../artifacts/contract.ts'
import type { Located } from '../../metadata/contract.ts'
import type { RegistryKeys } from '../../signing/contract.ts'
import type { PackageDescription, PackageDist, Tarballs } from '../contract.ts'
import { fragmentsOf, packageName } from '../fragments.ts'
import { insertDescription, insertUnreadable } from '../package-versions.queries.ts'
import { readUndescribed } from './document.queries.ts'

export interface UndescribedParts {
  readonly database: Database
  readonly blobs: Blobs
  readonly manifests: Manifests
  readonly tarballs: Tarballs
  /** Without it such versions have no signature. */
  readonly keys: RegistryKeys | undefined
}

interface UndescribedVersion {
  readonly id: string
  readonly version: string
  readonly manifestDigest: string
}

const maxAtOnce = 2

/** Versions that came in through other doors, and are only now asked for as packages: what documents tell of them is read out of their tarballs. */
export class Undescribed {
  readonly #parts: UndescribedParts
  readonly #turns = new Slots({ atOnce: maxAtOnce, waiting: Number.POSITIVE_INFINITY })

  constructor(parts: UndescribedParts) {
    this.#parts = parts
  }

  /** Some of those that are left. What is no package of npm is remembered as such. */
  async describe(located: Located): Promise<void> {
    const versions = await readUndescribed(this.#parts.database, located.artifact.id)
    await Promise.all(versions.map((version) => this.#turns.use(() => this.one(located, version))))
  }

  async one(located: Located, version: UndescribedVersion): Promise<void> {
    const { database } = this.#parts
    const row = { id: version.id, artifactId: located.artifact.id }
    const found = await this.#read(located, version)
    if (typeof found === 'string') await insertUnreadable(database, row, found)
    else await insertDescription(database, row, { fragments: fragmentsOf(located, version, found), description: found })
  }

  /** The reason, for what is no package. */
  async #read(located: Located, version: UndescribedVersion): Promise<PackageDescription | string> {
    const blob = await this.#tarball(located, version)
    if (!blob) return 'it is not one file'
    try {
      return await this.#inspect(located, { version, blob })
    } catch (error) {
      if (isDomainError(error) && (error.kind === 'invalid' || error.kind === 'too-large')) return error.message
      throw error
    }
  }

  async #inspect(
    located: Located,
    { version, blob }: { readonly version: UndescribedVersion; readonly blob: BlobContent },
  ): Promise<PackageDescription | string> {
    const { tarballs } = this.#parts
    const { body, inspected } = tarballs.inspecting(await blob.read())
    for await (const _bytes of body);
    const { description } = tarballs.describe(await inspected())
    const { manifest, dist } = description
    const name = packageName(located)
    if (manifest.name !== name || manifest.version !== version.version)
      return `package.json in the tarball says that it is ${manifest.name}@${manifest.version}`
    return { ...description, dist: await this.#signed(`${name}@${version.version}`, dist), tarballDigest: blob.digest }
  }

  async #signed(subject: string, dist: PackageDist): Promise<PackageDist> {
    const { keys } = this.#parts
    try {
      return keys ? { ...dist, signatures: [await keys.sign(`${subject}:${dist.integrity}`)] } : dist
    } catch (error) {
      // A key that is elsewhere keeps nobody from installing.
      if (isDomainError(error)) return dist
      throw error
    }
  }

  async #tarball({ artifact }: Located, { manifestDigest }: UndescribedVersion): Promise<BlobContent | undefined> {
    const manifest = await this.#parts.manifests.get(artifact.id, manifestDigest)
    if (!manifest) return undefined
    const { layers = [] } = JSON.parse(manifest.content.toString('utf8')) as { readonly layers?: readonly { readonly digest: string }[] }
    const [layer, ...others] = layers
    return layer && others.length === 0 ? this.#parts.blobs.open(artifact.id, layer.digest) : undefined
  }
}

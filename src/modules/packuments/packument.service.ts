import { Readable } from 'node:stream'
import { LRUCache } from 'lru-cache'
import { byCount } from '../../shared/kernel/by-count.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { BlobContent, Blobs } from '../artifacts/contract.ts'
import type { Catalog, Located, Version } from '../metadata/contract.ts'
import { readVersion } from './assembly/document.queries.ts'
import { atBase } from './assembly/document-text.ts'
import type { AssemblyThread } from './assembly/thread.ts'
import type { Undescribed } from './assembly/undescribed.ts'
import type { PackageTarball, PackumentBody, Packuments, WantedPackument } from './contract.ts'
import type { DocumentShelf } from './documents/document-shelf.ts'
import type { LateEncodings } from './documents/late-encodings.ts'
import { fragmentsOf, tarballName } from './fragments.ts'
import { insertDescription, readTarballDigest } from './package-versions.queries.ts'
import type { SmallTarballs } from './small-tarballs.ts'

type AddedDescription = {
  readonly version: Parameters<typeof insertDescription>[1]
  readonly described: Parameters<typeof insertDescription>[2]
}

export interface PackumentParts {
  readonly database: Database
  readonly transaction: Transaction
  readonly catalog: Catalog
  readonly blobs: Blobs
  readonly small: SmallTarballs
  readonly info: { readonly publicUrl: string }
  readonly shelf: DocumentShelf
  readonly undescribed: Undescribed
  readonly late: LateEncodings
  readonly thread: AssemblyThread
}

const maxManifestBytes = 4_194_304
const maxTarballs = 50_000

export class PackumentService implements Packuments, AsyncDisposable {
  readonly #parts: PackumentParts
  /** Of versions, by revision of their artifact: a version may be deprecated. Never by tag, whose move may be heard of after the revision. */
  readonly #manifests = new LRUCache<string, Buffer>({ maxSize: maxManifestBytes, sizeCalculation: (text) => text.length + 256 })
  /** By version, for ever. */
  readonly #digests = new LRUCache<string, string>(byCount(maxTarballs))

  constructor(parts: PackumentParts) {
    this.#parts = parts
  }

  add(located: Located, version: Version, { description, content }: Parameters<Packuments['add']>[2]): Promise<void> {
    const { transaction, small } = this.#parts
    const fragments = fragmentsOf(located, version, description)
    transaction.afterCommit(() => {
      this.#digests.set(version.id, description.tarballDigest)
      if (content) small.keep(description.tarballDigest, content)
    })
    return transaction.collect(this.#insert, {
      version: { id: version.id, artifactId: located.artifact.id },
      described: { fragments, description },
    })
  }

  ready(located: Located, wanted: WantedPackument): PackumentBody | undefined {
    return this.#parts.shelf.ready(located, wanted)
  }

  async document(located: Located, wanted: WantedPackument): Promise<PackumentBody | undefined> {
    const { shelf } = this.#parts
    return shelf.ready(located, wanted) ?? shelf.find(located, wanted)
  }

  forget({ artifact }: Located): void {
    this.#parts.shelf.forget(artifact.id)
  }

  async manifest(located: Located, versionOrTag: string): Promise<Buffer | undefined> {
    const { catalog, database, undescribed, info } = this.#parts
    const base = info.publicUrl
    const version = await catalog.version(located, versionOrTag)
    const key = `${version.id} ${located.artifact.rev} ${base}`
    const kept = this.#manifests.get(key)
    if (kept) return kept
    let row = await readVersion(database, version.id)
    if (!row && isShown(version)) {
      await undescribed.one(located, version)
      row = await readVersion(database, version.id)
    }
    if (!row?.text) return undefined
    const content = Buffer.from(atBase(row.text, base))
    this.#manifests.set(key, content)
    return content
  }

  async tarball(located: Located, fileName: string): Promise<PackageTarball | undefined> {
    const { catalog, blobs, small } = this.#parts
    const name = versionNameOf(located, fileName)
    if (name === undefined) return undefined
    const version = await catalog.version(located, name)
    if (version.version !== name) return undefined
    const digest = this.#digests.get(version.id) ?? (await this.#digestOf(located, version))
    if (digest === undefined) return undefined
    const kept = small.find(digest)
    if (kept) return { version, content: kept, blob: blobOf(digest, kept) }
    const blob = await blobs.open(located.artifact.id, digest)
    return blob && { version, content: await small.load(blob), blob }
  }

  readonly #insert = async (added: readonly AddedDescription[]): Promise<void> => {
    await Promise.all(added.map(({ version, described }) => insertDescription(this.#parts.database, version, described)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#parts.late[Symbol.dispose]()
    await this.#parts.thread[Symbol.asyncDispose]()
  }

  async #digestOf(located: Located, version: Version): Promise<string | undefined> {
    const { database, undescribed } = this.#parts
    let row = await readTarballDigest(database, version.id)
    if (!row && isShown(version)) {
      await undescribed.one(located, version)
      row = await readTarballDigest(database, version.id)
    }
    const digest = row?.digest ?? undefined
    if (digest !== undefined) this.#digests.set(version.id, digest)
    return digest
  }
}

const blobOf = (digest: string, content: Buffer): BlobContent => ({
  ...{ id: digest, digest, sizeBytes: content.length },
  read: async ({ start, end } = { start: 0, end: content.length - 1 }) =>
    Readable.from([content.subarray(start, end + 1)], { objectMode: false }),
})

const isShown = ({ state }: Version): boolean => state === 'published' || state === 'deprecated' || state === 'yanked'

/** Of `widget-1.0.0.tgz`; whether there is such a version is another question. */
function versionNameOf(located: Located, fileName: string): string | undefined {
  const before = `${located.artifact.name}-`
  const version = fileName.slice(before.length, -'.tgz'.length)
  return fileName === tarballName(located, { version }) && version !== '' ? version : undefined
}

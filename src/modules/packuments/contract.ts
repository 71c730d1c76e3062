import type { Readable } from 'node:stream'
import { service } from '../../shared/kernel/service.ts'
import type { ArtifactType } from '../../shared/types/artifact-type.ts'
import type { BlobContent, StoredBlob } from '../artifacts/contract.ts'
import type { Located, Version } from '../metadata/contract.ts'

/** What a package says of itself, as registries of npm store it: `package.json` of the tarball after npm's normalization, without `dist`. */
export type PackageManifest = Readonly<Record<string, unknown>> & { readonly name: string; readonly version: string }

/** `dist` of a version, without `tarball`, which depends on where the registry is reached. */
export interface PackageDist {
  /** Subresource integrity, sha512. */
  readonly integrity: string
  /** sha1, hexadecimal. */
  readonly shasum: string
  readonly fileCount: number
  /** Bytes. */
  readonly unpackedSize: number
  readonly signatures?: readonly { readonly keyid: string; readonly sig: string }[]
  readonly attestations?: { readonly url: string; readonly provenance: { readonly predicateType: string } }
}

/** Everything a package document tells of one version. */
export interface PackageDescription {
  readonly manifest: PackageManifest
  readonly dist: PackageDist
  /** Digest of the blob. */
  readonly tarballDigest: string
  readonly hasShrinkwrap: boolean
  readonly hasInstallScript: boolean
  /** Text of the README of the package; cut to 64 KiB. */
  readonly readme?: string
}

/** What documents tell clients that install of a version, in their order (npm's "abbreviated metadata"). */
export const installMembers: readonly string[] = [
  ...['name', 'version', 'dependencies', 'optionalDependencies', 'devDependencies', 'peerDependencies', 'peerDependenciesMeta'],
  ...['bundleDependencies', 'bin', 'directories', 'engines', 'os', 'cpu', 'libc', 'funding'],
]

export type PackumentForm = 'full' | 'abbreviated'
export type PackumentEncoding = 'identity' | 'gzip' | 'br' | 'zstd'

/** A document, ready to be sent. */
export interface PackumentBody {
  /** Strong, with quotes; differs per form and encoding: `revision`, a hyphen and the encoding. */
  readonly etag: string
  /** Of the text, whatever its encoding. */
  readonly revision: string
  readonly lastModified: string
  readonly encoding: PackumentEncoding
  readonly sizeBytes: number
  /** In memory, or `read` for what is too large for that. */
  readonly content: Buffer | undefined
  /** Throws `packuments.document_gone` when it was replaced in this moment. */
  read(): Promise<Readable>
}

/** The bytes of one version. */
export interface PackageTarball {
  readonly version: Version
  /** In memory, for small ones. */
  readonly content: Buffer | undefined
  readonly blob: BlobContent
}

export interface WantedPackument {
  readonly form: PackumentForm
  /** What the client takes, best first; the first that exists is sent, or `identity`. */
  readonly accepts: readonly PackumentEncoding[]
}

/** Package documents of npm, prebuilt per revision of their artifact (design.md §7). Callers have authorized: `located` is what the authorizer let through. */
export interface Packuments {
  /** Within the transaction that publishes the version. `content` is its tarball, when it is at hand: who publishes often installs next. */
  add(located: Located, version: Version, published: { readonly description: PackageDescription; readonly content?: Buffer }): Promise<void>
  /** `undefined` when no version is left to show. Never older than `located.artifact.rev`. */
  document(located: Located, wanted: WantedPackument): Promise<PackumentBody | undefined>
  /** The same without waiting, when it is there: for the hot path. */
  ready(located: Located, wanted: WantedPackument): PackumentBody | undefined
  /** What is remembered of the documents of the package turned out to be gone. */
  forget(located: Located): void
  /** The manifest of one version or dist-tag as JSON, as the full document has it. */
  manifest(located: Located, versionOrTag: string): Promise<Buffer | undefined>
  /** What a file of `/-/<file>.tgz` is. Throws what the catalog throws for its version. */
  tarball(located: Located, fileName: string): Promise<PackageTarball | undefined>
}
export const Packuments = service<Packuments>('packuments')

/** What a tarball holds and what its bytes are. */
export interface InspectedTarball {
  /** Bytes. */
  readonly sizeBytes: number
  /** sha1, hexadecimal. */
  readonly shasum: string
  /** Subresource integrity, sha512. */
  readonly integrity: string
  /** sha512, hexadecimal. */
  readonly sha512: string
  readonly fileCount: number
  /** Bytes of all files. */
  readonly unpackedSize: number
  readonly packageJson: Buffer
  /** Cut to 64 KiB. */
  readonly readme?: { readonly name: string; readonly text: string }
  /** Paths inside of the package. */
  readonly files: readonly string[]
}

/** What the publisher says of the publish itself. */
export interface PublishExtras {
  readonly npmVersion?: string
  readonly nodeVersion?: string
  readonly gitHead?: string
  readonly username?: string
}

export interface DescribedPackage {
  /** Without the digest of the blob, which is known when it is stored. */
  readonly description: Omit<PackageDescription, 'tarballDigest'>
  /** As `gati.type` says; undefined when the package does not. */
  readonly type: ArtifactType | undefined
  /** For `versions.metadata`: the part that is searched and listed. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** `private: true`, by which authors say that it shall not be published. */
  readonly isPrivate: boolean
}

/** Tarballs of packages as strangers send them (D-15). */
export interface Tarballs {
  /**
   * Inspects a body on its way, in constant memory; `inspected` is for when all of `body` was read. Both throw `packuments.tarball_…` as soon as
   * something is wrong with it.
   */
  inspecting(body: AsyncIterable<Buffer>): { readonly body: AsyncIterable<Buffer>; inspected(): Promise<InspectedTarball> }
  /** One that is in memory. */
  inspect(bytes: Buffer): Promise<InspectedTarball>
  /** The manifest comes from `package.json` in the tarball. Throws `packuments.package_json_invalid`. */
  describe(inspected: InspectedTarball, extras?: PublishExtras): DescribedPackage
  /**
   * The member in which a manifest that a client sent says something else than the package: of name, version, dependencies of all kinds, scripts
   * and bin, after the normalization of both. Throws `packuments.package_json_invalid`.
   */
  difference(described: DescribedPackage, sent: Readonly<Record<string, unknown>>, inspected: InspectedTarball): string | undefined
}
export const Tarballs = service<Tarballs>('packuments.tarballs')

export interface StagedPackage {
  readonly artifactId: string
  readonly namespace: string
  readonly name: string
}

export interface NewStagedPublish {
  readonly version: string
  /** First of its dist-tags. */
  readonly tag: string | null
  readonly shasum: string
  /** Whatever its door needs to publish it. */
  readonly content: string
}

export interface StagedPublish extends StagedPackage, Omit<NewStagedPublish, 'content'> {
  readonly id: string
  /** Username. */
  readonly actor: string | null
  readonly createdAt: string
}

/** Versions whose bytes are here and that wait for somebody to approve them, for some days. Callers have authorized. */
export interface StagedPublishes {
  /** Before the body of a version is read. Throws `packuments.staging_full` when the caller may stage nothing more. */
  expect(located: Located): Promise<void>
  /** Throws `packuments.already_staged`, `packuments.too_many_staged`, `packuments.staging_full`. */
  add(located: Located, blob: StoredBlob, stage: NewStagedPublish): Promise<string>
  find(id: string): Promise<StagedPublish | undefined>
  /** Of `NewStagedPublish`. */
  content(id: string): Promise<string | undefined>
  open(id: string): Promise<BlobContent | undefined>
  /** Within the surrounding transaction. False when somebody else was faster. */
  remove(id: string, why: { readonly located: Located; readonly action: 'version.approved' | 'version.rejected' }): Promise<boolean>
  /** Those with staged versions; a thousand at most. */
  packages(): Promise<readonly StagedPackage[]>
  /** Oldest first. */
  list(
    artifactIds: readonly string[],
    page: { readonly offset: number; readonly limit: number },
  ): Promise<{ readonly items: readonly StagedPublish[]; readonly total: number }>
  /** Drops those nobody decided about. */
  expire(): Promise<number>
}
export const StagedPublishes = service<StagedPublishes>('packuments.staged_publishes')

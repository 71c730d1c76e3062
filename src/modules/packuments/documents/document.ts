import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { FileStream } from '../../../shared/kernel/file-stream.ts'
import type { PackumentBody, PackumentEncoding, PackumentForm } from '../contract.ts'
import { DocumentGone } from '../errors.ts'

export interface BodyFacts {
  readonly revision: string
  readonly lastModified: string
  readonly encoding: PackumentEncoding
  readonly sizeBytes: number
}

/** One form in one encoding: bytes in memory, a file, or both. */
export class DocumentBody implements PackumentBody {
  readonly revision: string
  readonly etag: string
  readonly lastModified: string
  readonly encoding: PackumentEncoding
  readonly sizeBytes: number
  readonly content: Buffer | undefined
  readonly path: string | undefined

  constructor(facts: BodyFacts, where: { readonly content?: Buffer | undefined; readonly path?: string | undefined }) {
    this.revision = facts.revision
    this.etag = `"${facts.revision}-${facts.encoding}"`
    this.lastModified = facts.lastModified
    this.encoding = facts.encoding
    this.sizeBytes = facts.sizeBytes
    this.content = where.content
    this.path = where.path
  }

  async read(): Promise<Readable> {
    if (this.content) return Readable.from([this.content], { objectMode: false })
    if (this.path === undefined) throw new DocumentGone()
    try {
      return new FileStream(await open(this.path))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw new DocumentGone()
      throw error
    }
  }

  /** The same without its bytes in memory, where there is a file. */
  onDisk(): DocumentBody | undefined {
    return this.path === undefined ? undefined : new DocumentBody(this, { path: this.path })
  }
}

export interface FormDocument {
  readonly revision: string
  readonly lastModified: string
  readonly bodies: Partial<Record<PackumentEncoding, DocumentBody>>
}

/** The documents of a package as of one revision. */
export interface PackageDocuments {
  readonly artifactId: string
  readonly rev: number
  readonly base: string
  /** Of its files. */
  readonly folder: string | undefined
  /** Milliseconds of the monotonic clock. */
  readonly builtAt: number
  readonly forms: Partial<Record<PackumentForm, FormDocument>>
}

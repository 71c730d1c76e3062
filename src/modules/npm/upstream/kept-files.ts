import { createHash, type Hash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Validators } from './upstream-client.ts'

interface DocumentHead extends Validators {
  /** Of this copy. */
  readonly id: string
}

export interface KeptDocument {
  readonly id: string
  /** Of a file: one line, then the document. */
  readonly path: string
  readonly validators: Validators
  readonly checkedAt: Date
}

export interface KeptTarball {
  readonly sizeBytes: number
  /** `sha256:…` */
  readonly digest: string
}

const streamBytes = 1_048_576
const maxHeadBytes = 4_096
/** The sha256 of a tarball follows it in its file. */
const digestBytes = 32
/** Removing is done for many at once, and not at every new file. */
const writesPerSweep = 50
/** What was used so lately may be in use. Longer than any upstream may be silent in the middle of a body. */
const inUseMs = 300_000

/** Copies of what other registries have, in the data directory of this process: losing them costs time, nothing else. */
export class KeptFiles {
  readonly #folder: string
  readonly #maxBytes: number
  #writes = 0

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder
    this.#maxBytes = maxBytes
  }

  /** When it was checked last is the time of the file. */
  async document(key: string): Promise<KeptDocument | undefined> {
    const path = this.#documentPath(key)
    const file = await open(path).catch(ignoreAbsent)
    if (!file) return undefined
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(maxHeadBytes), 0, maxHeadBytes, 0)
      const { id, ...validators } = JSON.parse(buffer.toString('utf8', 0, buffer.subarray(0, bytesRead).indexOf('\n'))) as DocumentHead
      return { id, path, validators, checkedAt: (await file.stat()).mtime }
    } catch (error) {
      if (error instanceof SyntaxError) return undefined
      throw error
    } finally {
      await file.close()
    }
  }

  /** Takes a document in, which `use` looks at before it replaces the one that is there; what that throws leaves things as they were. */
  async keepDocument<T>(
    key: string,
    { body, validators }: { readonly body: AsyncIterable<Buffer>; readonly validators: Validators },
    use: (kept: Pick<KeptDocument, 'id' | 'path'>) => Promise<T>,
  ): Promise<T> {
    const id = randomUUID()
    const head = JSON.stringify({ id, ...validators } satisfies DocumentHead)
    // A head that is longer than is read is none; without validators it is short.
    const line = head.length < maxHeadBytes / 2 ? head : JSON.stringify({ id })
    return this.#kept(this.#documentPath(key), {
      fill: async (file) => {
        await file.write(`${line}\n`)
        for await (const chunk of body) await file.write(chunk)
      },
      use: (path) => use({ id, path }),
    })
  }

  async documentChecked(key: string): Promise<void> {
    await touch(this.#documentPath(key))
  }

  forgetDocument(key: string): Promise<void> {
    return rm(this.#documentPath(key), { force: true })
  }

  /** `undefined` when it is not here. */
  async tarball(key: string): Promise<KeptTarball | undefined> {
    const path = this.#tarballPath(key)
    const file = await open(path).catch(ignoreAbsent)
    if (!file) return undefined
    try {
      const sizeBytes = (await file.stat()).size - digestBytes
      const { bytesRead, buffer } = await file.read(Buffer.alloc(digestBytes), 0, digestBytes, Math.max(sizeBytes, 0))
      if (sizeBytes < 0 || bytesRead !== digestBytes) return undefined
      await touch(path)
      return { sizeBytes, digest: `sha256:${buffer.toString('hex')}` }
    } finally {
      await file.close()
    }
  }

  readTarball(key: string, { sizeBytes }: KeptTarball, range = { start: 0, end: sizeBytes - 1 }): Readable {
    return createReadStream(this.#tarballPath(key), { ...range, highWaterMark: streamBytes })
  }

  /** Durable when it resolves. What `check` throws after the last byte undoes it. */
  async keepTarball(key: string, body: AsyncIterable<Buffer>, check: () => void): Promise<void> {
    await this.#kept(this.#tarballPath(key), {
      fill: async (file) => {
        const hash: Hash = createHash('sha256')
        for await (const chunk of body) {
          hash.update(chunk)
          await file.write(chunk)
        }
        check()
        await file.write(hash.digest())
      },
      use: async () => undefined,
    })
  }

  /** Removes what a killed process left, and what is too much: those that were used longest ago go first. */
  async sweep(): Promise<void> {
    const names = await readdir(this.#folder).catch(ignoreAbsent)
    const files = await Promise.all((names ?? []).map((name) => fileAt(join(this.#folder, name))))
    const removable = (usedAtMs: number): boolean => Date.now() - usedAtMs > inUseMs
    let bytes = 0
    for (const { path, sizeBytes, usedAtMs } of files.sort((left, right) => right.usedAtMs - left.usedAtMs)) {
      const isUnfinished = path.endsWith('.part')
      bytes += isUnfinished ? 0 : sizeBytes
      if ((isUnfinished || bytes > this.#maxBytes) && removable(usedAtMs)) await rm(path, { force: true })
    }
  }

  async #kept<T>(
    path: string,
    { fill, use }: { readonly fill: (file: FileHandle) => Promise<void>; readonly use: (path: string) => Promise<T> },
  ): Promise<T> {
    await mkdir(this.#folder, { recursive: true })
    const unfinished = join(this.#folder, `${randomUUID()}.part`)
    try {
      const file = await open(unfinished, 'wx')
      try {
        await fill(file)
        await file.sync()
      } finally {
        await file.close()
      }
      const result = await use(unfinished)
      await rename(unfinished, path)
      this.#writes += 1
      if (this.#writes % writesPerSweep === 0) await this.sweep()
      return result
    } catch (error) {
      await rm(unfinished, { force: true })
      throw error
    }
  }

  readonly #documentPath = (key: string): string => join(this.#folder, `${nameOf(key)}.json`)
  readonly #tarballPath = (key: string): string => join(this.#folder, `${nameOf(key)}.tgz`)
}

/** Names of packages differ in case and have slashes. */
const nameOf = (key: string): string => createHash('sha256').update(key).digest('hex')

async function fileAt(path: string) {
  const found = await stat(path).catch(ignoreAbsent)
  return { path, sizeBytes: found?.size ?? 0, usedAtMs: found?.mtimeMs ?? 0 }
}

async function touch(path: string): Promise<void> {
  const now = new Date()
  await utimes(path, now, now).catch(ignoreAbsent)
}

function ignoreAbsent(error: unknown): undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  return undefined
}

import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

interface Content {
  readonly session: string
  /** All bytes are there and the registry has checked them; only the version is missing. */
  readonly finished: boolean
}

/** Remembers an upload session until its version is published, so that the same command typed again goes on with it. */
export class UploadNote {
  readonly #path: string

  constructor(folder: string, key: readonly unknown[]) {
    const name = createHash('sha256').update(JSON.stringify(key)).digest('hex')
    this.#path = join(folder, 'uploads', `${name}.json`)
  }

  /** A note that cannot be read is as good as none. */
  async read(): Promise<Content | undefined> {
    const text = await readFile(this.#path, 'utf8').catch(() => '')
    try {
      const { session, finished } = JSON.parse(text)
      return typeof session === 'string' ? { session, finished: finished === true } : undefined
    } catch {
      return undefined
    }
  }

  async write(content: Content): Promise<void> {
    await mkdir(join(this.#path, '..'), { recursive: true, mode: 0o700 })
    await writeFile(this.#path, JSON.stringify(content), { mode: 0o600 })
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true })
  }
}

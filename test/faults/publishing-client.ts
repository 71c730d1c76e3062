import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, expectStatus, parsed } from './connection.ts'
import type { Client, Published } from './registry.ts'
import { sha256, type Tarball, variant } from './tarballs.ts'

const patienceMs = 30_000

export interface Publishing {
  readonly client: Client
  readonly tarballs: readonly Tarball[]
  /** What was promised is added here. */
  readonly acknowledged: Published[]
  /** Makes the versions of this one its own. */
  readonly number: number
}

/**
 * Publishes one tarball after the other, in one request or through an upload session by turns, and goes on after each kill as a real
 * client would: the same request again, or the session where it says it is.
 */
export class PublishingClient {
  readonly #client: Client
  readonly #tarballs: readonly Tarball[]
  readonly #acknowledged: Published[]
  readonly #number: number
  #stopped = false
  #failure: unknown
  readonly #running: Promise<void>

  constructor({ client, tarballs, acknowledged, number }: Publishing) {
    this.#client = client
    this.#tarballs = tarballs
    this.#acknowledged = acknowledged
    this.#number = number
    this.#running = this.#run()
    this.#running.catch((error: unknown) => {
      this.#failure = error
    })
  }

  /** Throws what should not have happened so far. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Rejects with what should not have happened. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  async #run(): Promise<void> {
    for (let count = 1; !this.#stopped; count += 1) {
      const tarball = this.#tarballs[(count + this.#number) % this.#tarballs.length]
      if (!tarball) throw new Error('there are no tarballs')
      const version = `1.${this.#number}.${count}`
      // Every fourth has the bytes of another one, which are stored already.
      const content = count % 4 === 0 ? tarball : variant(tarball, this.#number * 1_000_000 + count)
      if (count % 2 === 0) await this.#insist((answered) => this.#publish(content, version, answered))
      else await this.#throughSession(content, version)
      this.#acknowledged.push({ artifact: tarball.name, version, digest: sha256(content.bytes) })
    }
  }

  async #publish(tarball: Tarball, version: string, answered: boolean): Promise<Answer> {
    return published(await this.#client.publish(tarball, version), answered)
  }

  async #throughSession(tarball: Tarball, version: string): Promise<void> {
    const { name, bytes } = tarball
    const { id } = parsed<{ id: string }>(await this.#insist(async () => expectStatus(await this.#client.openUpload(name), 201)))
    await this.#insist((tried) => this.#upload(id, bytes, tried))
    await this.#insist(async (tried) => published(await this.#client.publishManifest(tarball, version), tried))
  }

  /** A session that was promised is there, with as many bytes as it says, unless an earlier try finished it. */
  async #upload(id: string, bytes: Buffer, tried: boolean): Promise<Answer> {
    const status = expectStatus(await this.#client.call(`/v1/uploads/${id}`), 200, ...(tried ? [404] : []))
    if (status.status === 404) return status
    const { offset } = parsed<{ offset: number }>(status)
    const middle = Math.ceil(bytes.length / 2)
    if (offset < middle) expectStatus(await this.#client.append(id, bytes.subarray(offset, middle), offset), 202)
    const start = Math.max(offset, middle)
    if (start < bytes.length) expectStatus(await this.#client.append(id, bytes.subarray(start), start), 202)
    return expectStatus(await this.#client.finish(id, sha256(bytes)), 201)
  }

  /** Again for as long as the connection is cut or refused; an answer that is not wanted ends it. */
  async #insist(attempt: (tried: boolean) => Promise<Answer>): Promise<Answer> {
    const until = performance.now() + patienceMs
    for (let tried = false; ; tried = true) {
      try {
        return await attempt(tried)
      } catch (error) {
        if (!isCut(error) || performance.now() > until) throw error
        await delay(20)
      }
    }
  }
}

/** A publish whose answer was cut may have happened. */
const published = (answer: Answer, tried: boolean): Answer => expectStatus(answer, 201, ...(tried ? [409] : []))

const cuts = ['the answer was cut', 'aborted', 'the server is starting']

/** The connection ended, or was answered by a server that starts, as opposed to an answer that is wrong. */
export function isCut(error: unknown): boolean {
  const { code = '', message } = error as NodeJS.ErrnoException
  return ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(code) || cuts.includes(message)
}

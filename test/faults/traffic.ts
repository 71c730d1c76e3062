import { expectStatus } from './connection.ts'
import type { Client } from './registry.ts'
import { sha256, type Tarball, variant } from './tarballs.ts'

/** Publishes and fetches all the time: two clients of each kind, for whom every answer but the right one is a failure. */
export class Traffic {
  readonly #client: Client
  readonly #tarballs: readonly Tarball[]
  readonly #published: { artifact: string; version: string; digest: string }[] = []
  readonly #running: Promise<unknown>
  #fetched = 0
  #stopped = false
  #failure: unknown

  constructor(client: Client, tarballs: readonly Tarball[]) {
    this.#client = client
    this.#tarballs = tarballs
    const loops = [this.#publish(1), this.#publish(2), this.#fetch(), this.#fetch()]
    this.#running = Promise.all(
      loops.map((loop) =>
        loop.catch((error: unknown) => {
          this.#failure ??= error
        }),
      ),
    )
  }

  get count(): { readonly published: number; readonly fetched: number } {
    return { published: this.#published.length, fetched: this.#fetched }
  }

  /** Throws the first failure. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
    this.check()
  }

  async #publish(number: number): Promise<void> {
    for (let count = 1; !this.#stopped; count += 1) {
      const tarball = this.#tarballs[(count + number) % this.#tarballs.length]
      if (!tarball) throw new Error('there are no tarballs')
      const content = variant(tarball, number * 1_000_000 + count)
      const version = `1.${number}.${count}`
      expectStatus(await this.#client.publish(content, version), 201)
      this.#published.push({ artifact: tarball.name, version, digest: sha256(content.bytes) })
    }
  }

  async #fetch(): Promise<void> {
    while (!this.#stopped) {
      const one = this.#published[Math.floor(Math.random() * this.#published.length)]
      if (one) await this.#client.verify(one)
      else await new Promise((resolve) => setTimeout(resolve, 10))
      this.#fetched += 1
    }
  }
}

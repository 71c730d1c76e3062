import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, expectStatus } from './connection.ts'
import { makeRelease, type NpmClient, type Release } from './npm-packages.ts'
import { isCut } from './publishing-client.ts'

const patienceMs = 30_000

/** Where a dist-tag may point: its last promised move, or one that was begun after it. */
export class TagHistory {
  readonly #values: string[] = []
  #promised = -1

  begin(version: string): void {
    this.#values.push(version)
  }

  /** The last that was begun. */
  promise(): void {
    this.#promised = this.#values.length - 1
  }

  get promised(): number {
    return this.#promised
  }

  /** Throws for a value older than `since`, which was `promised` before it was read. */
  check(tag: string, value: string | undefined, since: number): void {
    if (since < 0) return
    const at = value === undefined ? -1 : this.#values.lastIndexOf(value)
    if (at < since) throw new Error(`${tag} is ${value}, but ${this.#values[since]} was promised`)
  }
}

export interface NpmPublishing {
  readonly npm: NpmClient
  readonly number: number
  /** What was promised is added here. */
  readonly acknowledged: Release[]
}

/**
 * Publishes as a client of npm that repeats what was cut: versions of one scoped and one unscoped package that others publish, too, with a dist-tag of its
 * own; every fourth time a package that is new; and moves another dist-tag of its own after every third.
 */
export class NpmPublisher {
  /** By package and tag. */
  readonly tags: Readonly<Record<string, Readonly<Record<string, TagHistory>>>>
  readonly #npm: NpmClient
  readonly #number: number
  readonly #acknowledged: Release[]
  readonly #running: Promise<void>
  #stopped = false
  #failure: unknown

  constructor({ npm, number, acknowledged }: NpmPublishing) {
    this.#npm = npm
    this.#number = number
    this.#acknowledged = acknowledged
    const own = () => ({ [`by-${number}`]: new TagHistory(), [`moved-${number}`]: new TagHistory() })
    this.tags = Object.fromEntries(sharedPackages.map((name) => [name, own()]))
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
      // Or the comparing after a kill would never catch up with what was published during it.
      await delay(Math.random() * 100)
      if (count % 4 === 0) await this.#publishNew(count)
      else await this.#publishShared(count)
    }
  }

  async #publishNew(count: number): Promise<void> {
    const scope = count % 8 === 0 ? '@admin/' : ''
    const release = await makeRelease(`${scope}new-${this.#number}-${count}`, '1.0.0')
    await this.#insist(async (tried) => published(await this.#npm.publish(release), tried))
    this.#acknowledged.push(release)
  }

  async #publishShared(count: number): Promise<void> {
    const name = sharedPackages[count % sharedPackages.length] ?? ''
    const release = await makeRelease(name, `1.${this.#number}.${count}`)
    const histories = this.tags[name]
    const [by, moved] = [`by-${this.#number}`, `moved-${this.#number}`]
    histories?.[by]?.begin(release.version)
    await this.#insist(async (tried) => published(await this.#npm.publish(release, [by]), tried))
    histories?.[by]?.promise()
    this.#acknowledged.push(release)
    if (count % 3 !== 0) return
    histories?.[moved]?.begin(release.version)
    await this.#insist(async () => expectStatus(await this.#npm.moveTag(name, moved, release.version), 200, 201))
    histories?.[moved]?.promise()
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

export const sharedPackages: readonly string[] = ['@admin/shared', 'shared-by-all']

/** A publish whose answer was cut may have happened. */
const published = (answer: Answer, tried: boolean): Answer => expectStatus(answer, 201, ...(tried ? [409] : []))

import { randomBytes } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Image, imageOf, OciClient } from '../oci-client.ts'
import { createToken, startRegistry } from '../registry.ts'
import { sha256 } from '../tarballs.ts'

const clients = 10
const imagesPerClient = 100
const graceSeconds = 20
const env = {
  REGISTRY_ARTIFACTS_GC_GRACE_SECONDS: `${graceSeconds}`,
  REGISTRY_ARTIFACTS_GC_INTERVAL_SECONDS: '1',
}

/** Few enough that every client has the same layers, big enough that a percent of them is more than a block. */
const shared = Array.from({ length: 60 }, () => randomBytes(20_000 + Math.floor(Math.random() * 100_000)))
const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)] as T

/** One client: pushes its images, deletes some, pushes some of those again, and never stops looking at what should be there. */
class Pushing {
  readonly client: OciClient
  readonly live = new Map<string, Image>()
  readonly failures: string[] = []
  readonly #deleted: Image[] = []
  readonly #others: readonly string[]
  pushes = 0
  verified = 0
  deletes = 0

  constructor(client: OciClient, others: readonly string[]) {
    this.client = client
    this.#others = others
  }

  async run(): Promise<void> {
    let finished = false
    const reading = (async () => {
      while (!finished) {
        await this.#readOne()
        await delay(50)
      }
    })()
    for (let number = 0; number < imagesPerClient; number += 1) {
      const layers = [1, 2, 3].map(() => pick(shared))
      await this.#push(
        imageOf(`v${number}`, [Buffer.from(JSON.stringify({ number, salt: Math.random() })), ...new Set(layers), randomBytes(5_000)]),
      )
      if (Math.random() < 0.5) await this.#deleteOne()
      // Days of a team in a minute: what was deleted long enough ago is collected while others push it.
      await delay(Math.random() * 600)
      if (Math.random() < 0.5) await this.#pushAgain()
    }
    finished = true
    await reading
  }

  async #push(image: Image): Promise<void> {
    try {
      await this.client.push(image, Math.random() < 0.5 ? pick(this.#others) : undefined)
      this.live.set(image.tag, image)
      this.pushes += 1
    } catch (error) {
      this.failures.push(`push of ${image.tag}: ${(error as Error).message}`)
    }
  }

  async #deleteOne(): Promise<void> {
    const image = pick([...this.live.values()])
    if (image === undefined) return
    this.live.delete(image.tag)
    try {
      await this.client.delete(image)
      this.#deleted.push(image)
      this.deletes += 1
    } catch (error) {
      this.failures.push(`delete of ${image.tag}: ${(error as Error).message}`)
    }
  }

  async #pushAgain(): Promise<void> {
    const [image] = this.#deleted.splice(Math.floor(Math.random() * this.#deleted.length), 1)
    if (image !== undefined) await this.#push(image)
  }

  async #readOne(): Promise<void> {
    const image = pick([...this.live.values()])
    if (image === undefined) return
    try {
      await this.client.verify(image)
      this.verified += 1
    } catch (error) {
      // Deleted while it was read: nobody was promised anything.
      if (this.live.get(image.tag) === image) this.failures.push(`read of ${image.tag}: ${(error as Error).message}`)
    }
  }
}

test('D-8: ten clients push, delete and push again what they share while garbage is collected', async () => {
  await using registry = await startRegistry({ env })
  const token = await createToken(registry.url)
  const repositories = Array.from({ length: clients }, (_, index) => `admin/team-${index}`)
  const teams = repositories.map(
    (repository) =>
      new Pushing(
        new OciClient({ url: registry.url, repository, token }),
        repositories.filter((other) => other !== repository),
      ),
  )
  const began = performance.now()
  await Promise.all(teams.map((team) => team.run()))
  const sum = (of: (team: Pushing) => number) => teams.reduce((total, team) => total + of(team), 0)
  console.log(
    `${Math.round((performance.now() - began) / 1_000)} s: ${sum(({ pushes }) => pushes)} pushes, ${sum(({ deletes }) => deletes)} deletes, ` +
      `${sum(({ verified }) => verified)} reads, ${sum(({ client }) => client.mounted)} mounts, ${sum(({ client }) => client.retries)} retries after 503`,
  )
  expect(teams.flatMap(({ failures }) => failures)).toEqual([])

  const referenced = referencedBytes(teams)
  const stored = await untilCollected(join(registry.dataDir, 'blobs'), referenced)
  console.log(`${referenced} bytes referenced, ${stored} on the disk`)
  expect(Math.abs(stored - referenced) / referenced).toBeLessThan(0.01)
  for (const { client, live } of teams) {
    expect([...(await client.tags())].sort()).toEqual([...live.keys()].sort())
    for (const image of live.values()) await client.verify(image)
  }
}, 600_000)

function referencedBytes(teams: readonly Pushing[]): number {
  const blobs = new Map<string, number>()
  for (const { live } of teams) {
    for (const image of live.values()) for (const bytes of image.blobs) blobs.set(sha256(bytes), bytes.length)
  }
  return [...blobs.values()].reduce((total, size) => total + size, 0)
}

/** The size of the folder as soon as it is right, or what it is when grace has long been over. */
async function untilCollected(folder: string, wanted: number): Promise<number> {
  const until = performance.now() + 6 * graceSeconds * 1_000
  for (;;) {
    const bytes = await folderBytes(folder)
    if (Math.abs(bytes - wanted) / wanted < 0.01 || performance.now() > until) return bytes
    await delay(1_000)
  }
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) =>
      stat(join(parentPath, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    )
  return (await Promise.all(sizes)).reduce((total, size) => total + size, 0)
}

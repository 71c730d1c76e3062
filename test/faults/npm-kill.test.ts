import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { runProgram } from '../support/run-program.ts'
import { freePort, root } from '../support/run-registry.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { expectStatus } from './connection.ts'
import { forms, makeRelease, NpmClient, type PackageDocument, type Release } from './npm-packages.ts'
import { NpmPublisher } from './npm-publisher.ts'
import { Client, createToken, dist, startRegistry } from './registry.ts'

const kills = 30

test(`D-1 D-2 D-4: ${kills} kills during npm publishes lose nothing acknowledged and show nothing half done`, async () => {
  await using folder = await temporaryFolder()
  const where = { dataDir: folder.path, port: await freePort() }
  let registry = await startRegistry(where)
  try {
    const npm = new NpmClient(new Client(registry.url, await createToken(registry.url)))
    const acknowledged: Release[] = []
    const publishers = [1, 2, 3, 4].map((number) => new NpmPublisher({ npm, number, acknowledged }))
    const witness = new Witness(npm, acknowledged, publishers)
    const restarts: number[] = []
    for (let round = 1; round <= kills; round += 1) {
      await delay(100 + Math.random() * 1_200)
      await registry.stop('SIGKILL')
      const began = performance.now()
      registry = await startRegistry(where)
      restarts.push(Math.round(performance.now() - began))
      await publishAtFirstTry(npm, round)
      for (const publisher of publishers) publisher.check()
      await witness.look()
    }
    await Promise.all(publishers.map((publisher) => publisher.stop()))
    await witness.lookAtAll()
    console.log(
      `${acknowledged.length} acknowledged, ${witness.listed} listed; restarts in ms: ${restarts.sort((a, b) => a - b).join(' ')}`,
    )
    expect(acknowledged.length).toBeGreaterThan(kills)
    expect(Math.max(...restarts)).toBeLessThan(10_000)
  } finally {
    await registry.stop()
  }
  await expectSound(folder.path)
})

async function publishAtFirstTry(npm: NpmClient, round: number): Promise<void> {
  const release = await makeRelease('@admin/first-try', `2.0.${round}`)
  expectStatus(await npm.publish(release, ['newest']), 201)
  for (const form of forms) {
    const document = await npm.document(release.name, form)
    expect(Object.keys(document.versions)).toContain(release.version)
    expect(document['dist-tags']['newest']).toBe(release.version)
  }
  const { body } = expectStatus(await npm.tarball(release), 200)
  expect(body.equals(release.tarball)).toBe(true)
}

/** Compares what the registry shows with what it promised, while publishing goes on or after it. */
class Witness {
  readonly #npm: NpmClient
  readonly #acknowledged: readonly Release[]
  readonly #publishers: readonly NpmPublisher[]
  readonly #verified = new Set<string>()
  #checked = 0

  constructor(npm: NpmClient, acknowledged: readonly Release[], publishers: readonly NpmPublisher[]) {
    this.#npm = npm
    this.#acknowledged = acknowledged
    this.#publishers = publishers
  }

  /** Versions that were listed and whose bytes were compared. */
  get listed(): number {
    return this.#verified.size
  }

  /** What was acknowledged since the last look, and whatever else its packages list. */
  async look(): Promise<void> {
    const since = this.#acknowledged.slice(this.#checked)
    this.#checked += since.length
    await this.#expect(since)
  }

  /** Every byte once more. */
  async lookAtAll(): Promise<void> {
    this.#verified.clear()
    await this.#expect([...this.#acknowledged])
  }

  async #expect(releases: readonly Release[]): Promise<void> {
    const names = [...new Set(releases.map(({ name }) => name))]
    for (let next = 0; next < names.length; next += 8)
      await Promise.all(names.slice(next, next + 8).map((name) => this.#expectPackage(name, releases)))
  }

  async #expectPackage(name: string, releases: readonly Release[]): Promise<void> {
    const promised = this.#promisedTags(name)
    const document = await this.#bothForms(name)
    for (const { tag, since, history } of promised) history.check(`${tag} of ${name}`, document['dist-tags'][tag], since)
    for (const target of Object.values(document['dist-tags'])) expect(document.versions).toHaveProperty([target])
    expect(document['dist-tags']).toHaveProperty('latest')
    const bytes = new Map(releases.filter((release) => release.name === name).map(({ version, tarball }) => [version, tarball]))
    for (const version of bytes.keys()) expect(Object.keys(document.versions)).toContain(version)
    const fresh = Object.values(document.versions).filter(({ version }) => bytes.has(version) || !this.#verified.has(`${name}@${version}`))
    for (let next = 0; next < fresh.length; next += 8) {
      await Promise.all(
        fresh.slice(next, next + 8).map(async (listed) => {
          const served = await this.#npm.verifyListed(listed)
          const published = bytes.get(listed.version)
          if (published && !served.equals(published)) throw new Error(`${name}@${listed.version} has other bytes than were published`)
          this.#verified.add(`${name}@${listed.version}`)
        }),
      )
    }
  }

  /** The full form. What one form lists the other does: versions only come, so each holds at least what was in the one before. */
  async #bothForms(name: string): Promise<PackageDocument> {
    const first = await this.#npm.document(name, 'full')
    const abbreviated = await this.#npm.document(name, 'abbreviated')
    const last = await this.#npm.document(name, 'full')
    for (const [earlier, later] of [
      [first, abbreviated],
      [abbreviated, last],
    ] as const)
      for (const [version, { dist }] of Object.entries(earlier.versions))
        expect(later.versions[version]?.dist.integrity).toBe(dist.integrity)
    return last
  }

  #promisedTags(name: string) {
    return this.#publishers.flatMap(({ tags }) =>
      Object.entries(tags[name] ?? {}).map(([tag, history]) => ({ tag, history, since: history.promised })),
    )
  }
}

async function expectSound(dataDir: string): Promise<void> {
  const settings = { REGISTRY_DATA_DIR: dataDir, REGISTRY_ARTIFACTS_GC_GRACE_SECONDS: '1', REGISTRY_ARTIFACTS_GC_INTERVAL_SECONDS: '1' }
  const run = (command: string) =>
    runProgram([process.execPath, `${dist}/src/cli/main.js`, command, '--json'], { cwd: root, env: settings })
  await delay(2_000)
  console.log(`gc: ${(await run('gc')).stdout.trim()}`)
  const { errors, checked } = JSON.parse((await run('fsck')).stdout)
  console.log(`fsck: ${JSON.stringify(checked)}`)
  expect(errors).toEqual([])
}

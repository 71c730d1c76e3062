import semver from 'semver'
import { artifactPath, parseAddress } from './address.ts'
import type { RegistryClient } from './client.ts'
import { Failure } from './failure.ts'
import { type FoundVersion, findVersion } from './fetch-version.ts'
import type { LockFile } from './lock-file.ts'
import { listAll } from './paging.ts'

interface Requirement {
  readonly range: string
  readonly by: string
  readonly optional: boolean
}

export interface Resolved {
  /** `namespace/name`. */
  readonly id: string
  readonly found: FoundVersion
  readonly dependencies: Readonly<Record<string, string>>
}

/**
 * One version for each artifact that satisfies everybody who needs it: the one of the lock file, else the highest. Requirements only ever
 * grow, so it ends; what cannot be satisfied is named together with who asks for it.
 */
export async function resolveAll(client: RegistryClient, wanted: Readonly<Record<string, string>>, lock: LockFile): Promise<Resolved[]> {
  const resolution = new Resolution(client, lock)
  for (const [id, range] of Object.entries(wanted)) resolution.require(id, { range, by: 'you', optional: false })
  return resolution.run()
}

class Resolution {
  readonly #client: RegistryClient
  readonly #lock: LockFile
  readonly #requirements = new Map<string, Requirement[]>()
  readonly #chosen = new Map<string, Resolved>()
  readonly #pending = new Set<string>()

  constructor(client: RegistryClient, lock: LockFile) {
    this.#client = client
    this.#lock = lock
  }

  require(id: string, requirement: Requirement): void {
    const known = this.#requirements.get(id) ?? []
    if (known.some(({ range, by }) => range === requirement.range && by === requirement.by)) return
    this.#requirements.set(id, [...known, requirement])
    this.#pending.add(id)
  }

  async run(): Promise<Resolved[]> {
    for (const id of this.#pending) {
      this.#pending.delete(id)
      await this.#choose(id, this.#requirements.get(id) ?? [])
    }
    return [...this.#chosen.values()]
  }

  async #choose(id: string, requirements: readonly Requirement[]): Promise<void> {
    const version = await this.#versionFor(id, requirements).catch((error: unknown) => {
      if (requirements.every(({ optional }) => optional) && error instanceof Failure) return undefined
      throw error
    })
    if (version === undefined || this.#chosen.get(id)?.found.version === version) return
    const found = await findVersion(this.#client, parseAddress(id), { version })
    const needs = dependenciesOf(found, parseAddress(id).namespace)
    const dependencies = Object.fromEntries(needs.map(({ id: needed, range }) => [needed, range]))
    this.#chosen.set(id, { id, found, dependencies })
    for (const { id: needed, range, optional } of needs) this.require(needed, { range, optional, by: `${id}@${found.version}` })
  }

  async #versionFor(id: string, requirements: readonly Requirement[]): Promise<string> {
    const address = parseAddress(id)
    const exact = await Promise.all(requirements.map((requirement) => this.#asRange(id, requirement)))
    const fits = (version: string) => exact.every((range) => semver.satisfies(version, range))
    const locked = this.#lock.artifacts[id]?.version
    if (locked !== undefined && fits(locked)) return locked
    const versions = await listAll<{ version: string; state: string }>(this.#client, artifactPath(address, '-', 'versions'))
    // A version that somebody names exactly may be yanked; nobody gets one by a range.
    const pinned = new Set(exact)
    const usable = versions.filter(({ version, state }) => state === 'published' || state === 'deprecated' || pinned.has(version))
    const best = semver.rsort(usable.map(({ version }) => version).filter(fits))[0]
    if (best !== undefined) return best
    throw new Failure(`no version of ${id} suits ${requirements.map(({ range, by }) => `${range} (${by})`).join(', ')}`)
  }

  /** A tag means the version it names now. */
  async #asRange(id: string, { range }: Requirement): Promise<string> {
    if (semver.validRange(range) !== null) return range
    return (await findVersion(this.#client, parseAddress(id), { version: range })).version
  }
}

interface Need {
  readonly id: string
  readonly range: string
  readonly optional: boolean
}

/** As the registry stores them: `namespace` is its own member, unless the publisher wrote it in front of the name. */
function dependenciesOf({ metadata }: FoundVersion, ownNamespace: string): Need[] {
  const { dependencies } = metadata
  if (!Array.isArray(dependencies)) return []
  return dependencies.map(({ namespace, name, version, optional }) => {
    const short = String(name)
      .replace(/^gati\.dev\/(?:users|orgs)\//, '')
      .replace(/^@/, '')
    const id = short.includes('/') ? short : `${namespace ?? ownNamespace}/${short}`
    return { id, range: String(version), optional: optional === true }
  })
}

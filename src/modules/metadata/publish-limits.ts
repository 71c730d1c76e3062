import type { Cache } from '../../shared/kernel/cache.ts'
import { clientNetwork } from '../../shared/kernel/client-network.ts'
import { requestContext } from '../../shared/kernel/request-context.ts'
import { TooManyPublishes } from './errors.ts'

const hourMs = 3_600_000
const halfHourMs = 1_800_000

export interface PublishLimitSettings {
  readonly newNamesPerHour: number
  readonly newVersionsPerHalfHour: number
}

interface Subject {
  readonly key: string
  /** How often the limit of a user it has. */
  readonly times: number
}

/** How much one user, and one address, may add (D-20); what the registry does by itself has no limit. Shared by processes on one Redis. */
export class PublishLimits {
  readonly #cache: Cache
  readonly #settings: PublishLimitSettings

  constructor(cache: Cache, settings: PublishLimitSettings) {
    this.#cache = cache
    this.#settings = settings
  }

  /** Counts an artifact that is being made. Throws TooManyPublishes. */
  newName(): Promise<void> {
    return this.#count('names', this.#settings.newNamesPerHour, hourMs)
  }

  /** Counts a version that is being added. Throws TooManyPublishes. */
  newVersion(): Promise<void> {
    return this.#count('versions', this.#settings.newVersionsPerHalfHour, halfHourMs)
  }

  async #count(what: string, max: number, windowMs: number): Promise<void> {
    if (max === 0) return
    for (const { key, times } of subjects()) {
      // Without the cache there is no limit rather than no publish.
      const counted = await this.#cache.increment(`metadata.${what}:${key}`, windowMs).catch(() => undefined)
      if (counted && counted.count > max * times) throw new TooManyPublishes(Math.max(1, Math.ceil(counted.resetInMs / 1_000)))
    }
  }
}

function subjects(): Subject[] {
  const { actor, ip } = requestContext() ?? { actor: null, ip: null }
  return [
    ...(actor === null || actor === 'system' ? [] : [{ key: `user:${actor}`, times: 1 }]),
    ...(ip === null ? [] : [{ key: `ip:${clientNetwork(ip)}`, times: 2 }]),
  ]
}

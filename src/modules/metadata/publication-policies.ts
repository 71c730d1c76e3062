import type { Authorizer } from '../auth/contract.ts'
import type { Located } from './contract.ts'
import type { HeldPublication, Publication, PublicationPolicy } from './publications.contract.ts'

export type Hold = HeldPublication['holds'][number]

const maxReason = 1_000

/** Why something waits, for people. */
export const reasonOf = (holds: readonly Hold[]): string => holds.map(({ reason }) => reason).join('; ')

/** What modules demand of whatever gets a name. */
export class PublicationPolicies {
  readonly #authorizer: Authorizer
  readonly #all: PublicationPolicy[] = []
  readonly #mendable = new Set<string>()
  readonly #ofReads: Required<Pick<PublicationPolicy, 'checkRead'>>[] = []

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer
  }

  add(policy: PublicationPolicy): void {
    if (this.#all.some(({ name }) => name === policy.name)) throw new Error(`two publication policies are called ${policy.name}`)
    this.#all.push(policy)
    if (policy.isMendable) this.#mendable.add(policy.name)
    if (policy.checkRead) this.#ofReads.push({ checkRead: (...read) => policy.checkRead?.(...read) ?? Promise.resolve() })
  }

  /** Whether there is anybody to ask. */
  get any(): boolean {
    return this.#all.length > 0
  }

  get anyOfReads(): boolean {
    return this.#ofReads.length > 0
  }

  /** Whether the caller reads what is in quarantine, because those who publish can end it. */
  async mayMend({ caller, resource }: Located, causes: readonly string[]): Promise<boolean> {
    if (!caller || causes.length === 0 || !causes.every((cause) => this.#mendable.has(cause))) return false
    return this.#authorizer.allows(caller, 'preview', resource)
  }

  async prepare(located: Located): Promise<void> {
    for (const policy of this.#all) await policy.prepare?.(located)
  }

  /** Every objection; one after the other, because they share a transaction. `written`: policies may read the manifest, and nobody else waits for it. */
  async review(publication: Publication, written?: Promise<unknown>): Promise<readonly Hold[]> {
    const holds: Hold[] = []
    for (const policy of this.#all) {
      if (policy.concerns && !(await policy.concerns(publication))) continue
      await written
      const reason = await policy.review(publication)
      if (reason !== null) holds.push({ policy: policy.name, reason: reason.replaceAll('\0', '').slice(0, maxReason) })
    }
    return holds
  }

  /**
   * Throws what the first policy throws, unless the caller may publish. The policies come first: mostly they have nothing against it, and know that at
   * once.
   */
  async checkRead(located: Located, manifestDigest: string): Promise<void> {
    try {
      for (const policy of this.#ofReads) await policy.checkRead(located, manifestDigest)
    } catch (refusal) {
      const { caller, resource } = located
      if (!caller || !(await this.#authorizer.allows(caller, 'preview', resource))) throw refusal
    }
  }
}

import { Seeded } from '../seeded.ts'
import { type CorpusAccount, type CorpusArtifact, type CorpusMember, type CorpusNamespace, corpusId } from './corpus-artifact.ts'
import { makeArtifact } from './make-artifact.ts'
import { organizationName, personName } from './names.ts'

export interface CorpusOptions {
  readonly artifacts: number
  readonly seed?: string
}

const libraryId = '01900000-0000-7000-8000-000000000001'

/** A registry that people could have filled, the same for the same seed: who is there, and what they published. */
export class Corpus {
  readonly size: number
  readonly seed: string
  readonly accounts: readonly CorpusAccount[]
  readonly members: readonly CorpusMember[]
  /** The largest first, `library` before all. */
  readonly namespaces: readonly [CorpusNamespace, ...CorpusNamespace[]]

  constructor({ artifacts, seed = 'corpus' }: CorpusOptions) {
    const seeded = new Seeded(`${seed} people`)
    this.size = artifacts
    this.seed = seed
    this.accounts = makeAccounts(seeded, Math.max(12, Math.ceil(artifacts / 10)))
    this.members = this.#join(seeded)
    const owned = this.accounts.map(
      ({ id, name }, at): CorpusNamespace => ({
        ...{ id: corpusId(2, at + 1), name, accountId: id },
        visibility: seeded.chance(80) ? 'public' : 'private',
      }),
    )
    this.namespaces = [{ id: libraryId, name: 'library', accountId: null, visibility: 'public' }, ...owned]
  }

  get users(): readonly CorpusAccount[] {
    return this.accounts.filter(({ kind }) => kind === 'user')
  }

  /** One after the other, so that a million need no room. */
  *artifacts(): Generator<CorpusArtifact> {
    const seeded = new Seeded(`${this.seed} artifacts`)
    const taken = new Set<string>()
    const users = this.users
    for (let number = 1; number <= this.size; number += 1) yield makeArtifact(seeded, { number, namespaces: this.namespaces, users, taken })
  }

  #join(seeded: Seeded): CorpusMember[] {
    const users = this.users
    const roles = ['admin', 'write', 'write', 'read', 'read'] as const
    return this.accounts.flatMap(({ id, kind }): CorpusMember[] => {
      if (kind === 'user') return [{ accountId: id, userId: id, role: 'owner' }]
      const people = new Set(Array.from({ length: 1 + seeded.rank(12) }, () => users[seeded.below(users.length)]?.id ?? ''))
      return [...people].map((userId, at) => ({ accountId: id, userId, role: at === 0 ? 'owner' : seeded.pick(roles) }))
    })
  }
}

/** Organizations publish more than people do, so they come more often at the beginning. */
function makeAccounts(seeded: Seeded, count: number): CorpusAccount[] {
  const taken = new Set<string>()
  return Array.from({ length: count }, (_, at) => {
    const kind = at % 2 === 0 && at < count / 2 ? 'organization' : 'user'
    const wanted = kind === 'user' ? personName(seeded) : organizationName(seeded)
    const name = taken.has(wanted) ? `${wanted}${at}` : wanted
    taken.add(name)
    return { id: corpusId(1, at + 1), name, kind }
  })
}

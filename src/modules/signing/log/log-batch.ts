import { randomBytes } from 'node:crypto'
import { leafOf, saltBytes } from '../../../shared/transparency/log-entry.ts'
import type { NewEntry, PendingFact, Refusal } from './log.queries.ts'

interface Logged {
  readonly sources: readonly Pick<PendingFact, 'kind' | 'sourceId'>[]
  readonly named: readonly VersionDigest[]
}
type VersionDigest = Pick<PendingFact, 'namespace' | 'name' | 'format' | 'reference' | 'digest'>

/** What the operator reads when D-39 was about to break. */
export const secondDigest = 'REFUSED by the log: a version has a second digest'

const sourceOf = ({ kind, sourceId }: Pick<PendingFact, 'kind' | 'sourceId'>) => `${kind} ${sourceId}`
const nameOf = ({ namespace, name, format, reference }: VersionDigest) => JSON.stringify([namespace, name, format, reference])

/**
 * What of the waiting facts becomes an entry: nothing twice, and no second digest of a version (D-39), be it from another source or in the same
 * batch. A version that is there with the same digest needs no second entry.
 */
export function sortFacts(facts: readonly PendingFact[], logged: Logged) {
  const sources = new Set(logged.sources.map(sourceOf))
  const digests = new Map(logged.named.map((version) => [nameOf(version), version.digest]))
  const fresh: PendingFact[] = []
  const refused: Refusal[] = []
  for (const fact of facts) {
    const loggedDigest = fact.kind === 'version' ? digests.get(nameOf(fact)) : undefined
    if (loggedDigest !== undefined && loggedDigest !== fact.digest) refused.push({ ...fact, loggedDigest })
    else if (loggedDigest === undefined && !sources.has(sourceOf(fact))) fresh.push(fact)
    sources.add(sourceOf(fact))
    if (fact.kind === 'version' && loggedDigest === undefined) digests.set(nameOf(fact), fact.digest)
  }
  return { fresh, refused }
}

export const entriesOf = (facts: readonly PendingFact[], { size, time }: { size: number; time: string }): NewEntry[] =>
  facts.map(({ id: _id, ...fact }, at) => {
    const salt = randomBytes(saltBytes)
    return { ...fact, index: size + at, time, salt, leaf: leafOf({ ...fact, time }, salt) }
  })

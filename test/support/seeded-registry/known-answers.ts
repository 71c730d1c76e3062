import semver from 'semver'
import { anonymous, type Principal } from '../../../src/shared/kernel/principal.ts'
import type { Seeded } from '../seeded.ts'
import type { Corpus } from './corpus.ts'
import { type CorpusArtifact, isListed, isPublic } from './corpus-artifact.ts'

/** Of the parameters of a search, those whose answer is known for certain. */
export interface CorpusFilter {
  readonly format?: CorpusArtifact['format']
  readonly type?: readonly CorpusArtifact['type'][]
  readonly namespace?: readonly string[]
  readonly keywords?: readonly string[]
  readonly capabilities?: readonly string[]
  readonly language?: readonly string[]
  readonly license?: readonly string[]
  readonly gatiVersion?: string
}

export interface CorpusCaller {
  readonly label: string
  readonly principal: Principal
  /** Accounts whose namespaces are open to them; undefined: an administrator. */
  readonly accountIds: ReadonlySet<string> | undefined
}

/** What a search of the corpus has to answer, counted over the list of what was published. */
export class KnownAnswers {
  readonly corpus: Corpus
  readonly artifacts: readonly CorpusArtifact[]
  readonly byId: ReadonlyMap<string, CorpusArtifact>
  readonly callers: readonly [CorpusCaller, ...CorpusCaller[]]

  constructor(corpus: Corpus) {
    this.corpus = corpus
    this.artifacts = [...corpus.artifacts()]
    this.byId = new Map(this.artifacts.map((artifact) => [artifact.id, artifact]))
    this.callers = callersOf(corpus, this.artifacts)
  }

  /** In the order they were made in. */
  visible(caller: CorpusCaller, wanted: (artifact: CorpusArtifact) => boolean = () => true): CorpusArtifact[] {
    return this.artifacts.filter((artifact) => maySee(caller, artifact) && wanted(artifact))
  }

  /** So many different ones of those this caller may see and that are wanted. */
  sample(
    seeded: Seeded,
    caller: CorpusCaller,
    { count, wanted }: { count: number; wanted?: (artifact: CorpusArtifact) => boolean },
  ): CorpusArtifact[] {
    const left = this.visible(caller, wanted)
    return Array.from({ length: Math.min(count, left.length) }, () => left.splice(seeded.below(left.length), 1)).flat()
  }
}

export function maySee({ accountIds, principal }: CorpusCaller, artifact: CorpusArtifact): boolean {
  if (!isListed(artifact)) return false
  if (accountIds === undefined || isPublic(artifact) || artifact.namespace.accountId === null) return true
  return accountIds.has(artifact.namespace.accountId) || (artifact.grantedTo !== null && artifact.grantedTo === principal.userId)
}

export const passes = (filter: CorpusFilter, artifact: CorpusArtifact): boolean => {
  const { format, type, namespace, gatiVersion } = filter
  const anyOf = (wanted: readonly string[] | undefined, values: readonly string[]) =>
    wanted === undefined || wanted.some((value) => values.includes(value))
  const isFor = gatiVersion === undefined || (artifact.gatiVersion !== null && semver.satisfies(gatiVersion, artifact.gatiVersion))
  return (
    (format === undefined || format === artifact.format) &&
    isFor &&
    anyOf(type, [artifact.type]) &&
    anyOf(namespace, [artifact.namespace.name]) &&
    anyOf(filter.keywords, artifact.keywords) &&
    anyOf(filter.capabilities, artifact.capabilities) &&
    anyOf(filter.language, languagesOf(artifact)) &&
    anyOf(filter.license, licensesOf(artifact))
  )
}

/** What it says, else what follows from what it is. */
function languagesOf({ language, type, format, versions }: CorpusArtifact): readonly string[] {
  if (language !== null) return [language]
  if (versions.length === 0) return []
  return type === 'module-wasm' ? ['webassembly'] : format === 'npm' ? ['javascript'] : []
}

const licensesOf = ({ license }: CorpusArtifact): readonly string[] => (license === null ? [] : [license])

type FacetName = 'types' | 'capabilities' | 'languages' | 'licenses'
export type CorpusFacets = Readonly<Record<FacetName, Readonly<Record<string, number>>>>

export function facetsOf(artifacts: readonly CorpusArtifact[]): CorpusFacets {
  const counted = (valuesOf: (artifact: CorpusArtifact) => readonly string[]) => {
    const counts: Record<string, number> = {}
    for (const value of artifacts.flatMap(valuesOf)) counts[value] = (counts[value] ?? 0) + 1
    return counts
  }
  return {
    ...{ types: counted(({ type }) => [type]), capabilities: counted(({ capabilities }) => capabilities) },
    ...{ languages: counted(languagesOf), licenses: counted(licensesOf) },
  }
}

/** One of each kind of caller there is. */
function callersOf(corpus: Corpus, artifacts: readonly CorpusArtifact[]): [CorpusCaller, ...CorpusCaller[]] {
  const hidden = artifacts.filter((artifact) => isListed(artifact) && !isPublic(artifact))
  const accountsOf = (userId: string) =>
    new Set(corpus.members.filter((member) => member.userId === userId).map(({ accountId }) => accountId))
  const user = (label: string, userId: string | null | undefined): CorpusCaller[] =>
    userId ? [{ label, principal: userOf(corpus, userId), accountIds: accountsOf(userId) }] : []
  const ownerOf = (kind: string) => {
    const mine = hidden.find(({ namespace }) =>
      corpus.accounts.some((account) => account.id === namespace.accountId && account.kind === kind),
    )
    return mine?.namespace.accountId
  }
  const organization = ownerOf('organization')
  const granted = hidden.find(({ grantedTo, namespace }) => grantedTo && !accountsOf(grantedTo).has(namespace.accountId ?? ''))
  return [
    { label: 'nobody', principal: anonymous, accountIds: new Set() },
    ...user('a person with private artifacts', ownerOf('user')),
    ...user('a member of an organization', corpus.members.find(({ accountId }) => accountId === organization)?.userId),
    ...user('somebody with a right on a single artifact', granted?.grantedTo),
    { label: 'an administrator', principal: { ...userOf(corpus, corpus.users[0]?.id ?? ''), isAdmin: true }, accountIds: undefined },
  ]
}

const userOf = ({ users }: Corpus, userId: string): Principal => ({
  userId,
  username: users.find(({ id }) => id === userId)?.name ?? '',
  isAdmin: false,
  scopes: new Set(['read', 'publish', 'admin']),
})

/** One slip of a finger, never at the beginning. */
export function typoOf(seeded: Seeded, name: string): string {
  const at = 1 + seeded.below(Math.min(name.length - 2, 4))
  const [before, letter, after] = [name.slice(0, at), name.charAt(at), name.slice(at + 1)]
  if (letter === '-' || after.startsWith('-')) return `${before}${letter}${after.charAt(0)}${after}`
  const slips = [
    `${before}${after}`,
    `${before}${letter}${letter}${after}`,
    `${before}${after.charAt(0)}${letter}${after.slice(1)}`,
    `${before}w${after}`,
  ] as const
  const typed = seeded.pick(slips)
  return typed === name ? `${before}w${after}` : typed
}

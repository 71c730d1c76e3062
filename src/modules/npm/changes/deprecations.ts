import type { VersionStanding } from '../../metadata/packages.contract.ts'
import { ChangeInvalid } from '../errors.ts'

/** Characters; what the REST door takes as well. */
const longest = 1_000

// Postgres stores neither NUL nor lone surrogates.
const unstorable = /[\0\p{Surrogate}]/u

export interface Deprecation {
  readonly version: string
  /** Null takes it back. */
  readonly reason: string | null
}

/** Versions a document has, deleted ones and those held back are in none. */
export const isShown = ({ state }: VersionStanding): boolean => state === 'published' || state === 'deprecated' || state === 'yanked'

/**
 * Which deprecations a document that was put back changes. A version that is missing in it is left alone. Throws ChangeInvalid for one the
 * package has not got: documents without a tarball publish nothing.
 */
export function changedDeprecations(
  standings: readonly VersionStanding[],
  wanted: ReadonlyMap<string, string | undefined>,
): readonly Deprecation[] {
  const shown = new Map(standings.filter(isShown).map((standing) => [standing.version, standing]))
  return [...wanted].flatMap(([version, text]) => {
    const standing = shown.get(version)
    if (!standing) throw new ChangeInvalid(`there is no version ${version.slice(0, 256)}; a version is published together with its tarball`)
    const reason = reasonOf(text)
    return isEchoed(standing, reason) || reason === standing.deprecation ? [] : [{ version, reason }]
  })
}

/** Documents show as deprecated what is yanked, and clients send it back. */
const isEchoed = ({ state }: VersionStanding, reason: string | null): boolean =>
  state === 'yanked' && (reason === null || /^yanked\b/.test(reason))

function reasonOf(text: string | undefined): string | null {
  if (text === undefined || text === '') return null
  if (text.length > longest) throw new ChangeInvalid(`a deprecation may have ${longest} characters`)
  if (unstorable.test(text)) throw new ChangeInvalid('a deprecation cannot hold a NUL or half a surrogate pair')
  return text
}

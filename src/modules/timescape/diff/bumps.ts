import { compareVersions, parseVersion, type SemanticVersion } from '../../../shared/types/version.ts'
import type { Bump, Change } from '../change.ts'
import { greatest, isGreater } from './rules.ts'

/** Type of an edge of the graph (design.md §5 decision 7): `breaking` whatever the numbers say, else what they say, or what they should. */
export type EdgeType = 'patch' | 'minor' | 'major' | 'breaking'

export interface Verdict {
  readonly type: EdgeType
  /** What the changes ask for. */
  readonly required: Bump
  /** What the version numbers say; null where they are no semver. */
  readonly declared: Bump | null
  /** The numbers say less than the changes ask for. */
  readonly undeclared: boolean
}

/** An image's tag may begin with `v`, and write `_` for `+`. */
export const readVersion = (text: string): SemanticVersion | undefined =>
  parseVersion(text) ?? parseVersion(text.replace(/^v(?=\d)/, '').replace('_', '+'))

/**
 * By semver §4 and §9: up to 1.0.0 the first number that is not zero speaks for breaking changes, and whatever leads from a pre-release may break.
 * `null` where one of the two is no semver.
 */
export function declaredBump(from: string, to: string): Bump | null {
  const [left, right] = [readVersion(from), readVersion(to)]
  if (!left || !right) return null
  const [lower, higher] = compareVersions(left.text.replace(/^v/, ''), right.text.replace(/^v/, '')) <= 0 ? [left, right] : [right, left]
  const place = changedPlace(lower, higher)
  if (lower.prerelease.length > 0) return place === undefined && lower.text === higher.text ? 'none' : 'major'
  if (place === undefined) return 'none'
  if (lower.major === 0 && higher.major === 0) return zeroBump(lower, place)
  return place
}

function changedPlace(lower: SemanticVersion, higher: SemanticVersion): Bump | undefined {
  if (lower.major !== higher.major) return 'major'
  if (lower.minor !== higher.minor) return 'minor'
  return lower.patch !== higher.patch ? 'patch' : undefined
}

/** As ranges of npm read it: `^0.2.3` stays in 0.2, `^0.0.3` takes nothing else. */
const zeroBump = (lower: SemanticVersion, place: Bump): Bump => {
  if (place === 'minor' || lower.minor === 0) return 'major'
  return 'minor'
}

export function verdictOf(versions: { readonly from: string; readonly to: string }, changes: readonly Pick<Change, 'bump'>[]): Verdict {
  const required = greatest(changes.map(({ bump }) => bump))
  const declared = declaredBump(versions.from, versions.to)
  return {
    type: required === 'major' ? 'breaking' : edgeOf(greatest([required, declared ?? 'none'])),
    required,
    declared,
    undeclared: declared !== null && isGreater(required, declared),
  }
}

const edgeOf = (bump: Bump): EdgeType => (bump === 'none' ? 'patch' : bump)

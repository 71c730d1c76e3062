import { Type } from '@sinclair/typebox'
import semver from 'semver'

const maxLength = 128
// The expression semver.org publishes for semver 2.0.0; the semver package alone also takes a leading `v` and white space.
const grammar =
  '^(?:0|[1-9]\\d*)\\.(?:0|[1-9]\\d*)\\.(?:0|[1-9]\\d*)' +
  '(?:-(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\\.(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?' +
  '(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?$'
const expression = new RegExp(grammar)

export const VersionSchema = Type.String({ minLength: 5, maxLength, pattern: grammar })

export interface SemanticVersion {
  /** As written, with build metadata. */
  readonly text: string
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** Empty for a release. */
  readonly prerelease: readonly (string | number)[]
  readonly build: readonly string[]
}

/** Strict semver 2.0.0 of at most 128 characters, each of the three numbers a safe integer; `undefined` otherwise. */
export function parseVersion(text: string): SemanticVersion | undefined {
  if (text.length > maxLength || !expression.test(text)) return undefined
  const parsed = semver.parse(text)
  if (!parsed) return undefined
  const { major, minor, patch, prerelease, build } = parsed
  return { text, major, minor, patch, prerelease, build }
}

/**
 * Negative, zero or positive. Precedence by semver §11; build metadata and then the text break ties, so that only equal texts compare as zero
 * and an order of versions is the same everywhere. Throws a `TypeError` for a text that `parseVersion` refuses.
 */
export function compareVersions(left: string, right: string): number {
  const order = semver.compareBuild(left, right)
  if (order !== 0) return order
  if (left === right) return 0
  return left < right ? -1 : 1
}

/** A range as npm writes it (`^1.0.0`, `1.x`, `>=1 <3`, `*`), at most 256 characters. The empty text, which semver reads as `*`, is none. */
export const isVersionRange = (text: string): boolean => text.trim() !== '' && text.length <= 256 && semver.validRange(text) !== null

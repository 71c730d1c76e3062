import type { SemanticVersion } from './version.ts'

// Numbers of a semver core are safe integers: at most 16 digits.
const coreDigits = 16

/**
 * A text that sorts byte by byte as semver §11 orders versions, so that the database pages in that order from an index.
 * `!` is lower than every character of an identifier, which makes a shorter list of identifiers the lower one; `~` is higher than all.
 */
export function versionSortKey({ major, minor, patch, prerelease }: SemanticVersion): string {
  const core = [major, minor, patch].map((part) => String(part).padStart(coreDigits, '0')).join('.')
  return prerelease.length === 0 ? `${core}~` : `${core}-${prerelease.map(identifierKey).join('')}`
}

/** Numbers sort below words, and by their value: a longer number is the higher one. */
function identifierKey(identifier: string | number): string {
  const text = String(identifier)
  if (!/^\d+$/.test(text)) return `1${text}!`
  return `0${String(text.length).padStart(3, '0')}${text}!`
}

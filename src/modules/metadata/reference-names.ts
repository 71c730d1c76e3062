import { parseVersion } from '../../shared/types/version.ts'

/** A version as OCI clients spell it: `+` is no character of a tag (design.md §2). */
export const referenceOf = (version: string): string => version.replaceAll('+', '_')

/** The semver that a client meant by `1.0.0_build`; any other name as it is. No semver has a `_` of its own, so there is no other reading. */
export function versionOf(name: string): string {
  const semver = name.replace('_', '+')
  return parseVersion(semver) ? semver : name
}

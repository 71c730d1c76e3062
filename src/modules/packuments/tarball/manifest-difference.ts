import { isDeepStrictEqual } from 'node:util'
import { type Members, normalizeManifest, type PackageFiles } from './normalize-manifest.ts'

/** What decides what an install runs and fetches. */
const guarded = [
  ...['name', 'version', 'dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies', 'bundleDependencies'],
  ...['scripts', 'bin'],
]

/**
 * The member in which a manifest that a client sent says something else than the package itself, both in the one form of `normalizeManifest`:
 * each client normalizes a little differently. `own` is in that form already. Throws PackageJsonInvalid for a manifest that cannot be normalized.
 */
export function manifestDifference(own: Members, sent: Members, files: PackageFiles): string | undefined {
  const normalized = normalizeManifest(sent, files)
  return guarded.find((member) => !isDeepStrictEqual(plain(own[member]), plain(normalized[member])))
}

/** What is empty says as much as what is not there. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : [...value].sort()
  if (typeof value !== 'object' || value === null) return value
  return Object.keys(value).length === 0 ? undefined : value
}

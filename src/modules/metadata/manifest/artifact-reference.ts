import { parseArtifactName } from '../../../shared/types/artifact-name.ts'
import { parseNamespace } from '../../../shared/types/namespace-name.ts'
import { isTagName } from '../../../shared/types/tag-name.ts'
import { parseVersion } from '../../../shared/types/version.ts'

export interface ArtifactReference {
  /** Short form; absent means the namespace of the artifact that refers (design.md §5 decision 9). */
  readonly namespace?: string
  readonly name: string
  /** A version or a tag. */
  readonly version?: string
}

const maxLength = 512

/**
 * How a manifest names another artifact: `name`, `namespace/name`, `@namespace/name` or `gati.dev/users/namespace/name`, each with an optional
 * `:version` or `:tag`. A first segment is always the namespace.
 */
export function parseArtifactReference(text: string): ArtifactReference | undefined {
  if (text.length > maxLength) return undefined
  const [path = '', version, ...more] = text.split(':')
  if (more.length > 0 || (version !== undefined && !isVersionOrTag(version))) return undefined
  const named = parsePath(path)
  return named && version !== undefined ? { ...named, version } : named
}

const isVersionOrTag = (text: string): boolean => parseVersion(text) !== undefined || isTagName('generic', text)

const longForm = /^gati\.dev\/(?:users|orgs)\//

function parsePath(path: string): ArtifactReference | undefined {
  const short = path.startsWith('@') ? path.slice(1) : path.replace(longForm, '')
  const slash = short.indexOf('/')
  if (slash === -1) return short === path ? parseName(path) : undefined
  const namespace = parseNamespace(short.slice(0, slash))
  const named = parseName(short.slice(slash + 1))
  return namespace !== undefined && named ? { namespace, ...named } : undefined
}

// The reference says no format, so any grammar will do; which artifact is meant is found at resolution.
function parseName(text: string): ArtifactReference | undefined {
  const name = parseArtifactName('generic', text) ?? parseArtifactName('npm', text)
  return name === undefined ? undefined : { name }
}

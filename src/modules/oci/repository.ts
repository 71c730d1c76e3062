import { parseArtifactName } from '../../shared/types/artifact-name.ts'
import { type ArtifactFormat, parseArtifactFormat } from '../../shared/types/artifact-type.ts'
import { parseNamespace } from '../../shared/types/namespace-name.ts'
import type { RepositoryRef } from '../artifacts/contract.ts'

/** Of a whole repository name; clients count the host in, and hosts are short. */
const maxLength = 255
// OCI distribution-spec, "Pulling manifests": <name>.
const grammar = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*$/

/**
 * The artifact behind a repository name, as a client spelled it and after percent-decoding: `nginx` is `library/nginx`, `acme/team/api` is
 * `team/api` of `acme`, and `npm/acme/widget` is the npm package (design.md §2). `undefined` when no artifact can have that name.
 */
export function parseRepository(text: string): RepositoryRef | undefined {
  if (text.length > maxLength || !grammar.test(text)) return undefined
  const [first = '', ...rest] = text.split('/')
  const prefix = first === 'oci' ? undefined : parseArtifactFormat(first)
  return prefix !== undefined && rest.length > 0 ? refOf(prefix, rest) : refOf('oci', [first, ...rest])
}

function refOf(format: ArtifactFormat, segments: readonly string[]): RepositoryRef | undefined {
  const [owner = '', ...rest] = segments.length === 1 ? ['library', ...segments] : segments
  if (parseNamespace(owner) !== owner) return undefined
  const name = parseArtifactName(format, rest.join('/'), owner)
  return name === undefined ? undefined : { namespace: owner, name, format }
}

/** The one spelling that lists use; `parseRepository` reads it back. */
export const repositoryText = ({ namespace, name, format }: RepositoryRef): string =>
  `${format === 'oci' ? '' : `${format}/`}${namespace}/${name}`

import type { Signer } from '@sigstore/verify'
import { BundleInvalid } from './errors.ts'
import type { Statement } from './statement.ts'

/** Where a predicate names the repository that was built, by its type. */
const claims: ReadonlyMap<string, readonly string[]> = new Map([
  ['https://slsa.dev/provenance/v1', ['buildDefinition', 'externalParameters', 'workflow', 'repository']],
  ['https://slsa.dev/provenance/v0.2', ['invocation', 'configSource', 'uri']],
])

// Fulcio, docs/oid-info.md: Source Repository URI, a UTF8String; before it, owner and name of the repository on GitHub as plain text.
const repositoryUri = '1.3.6.1.4.1.57264.1.12'
const repositoryName = '1.3.6.1.4.1.57264.1.5'

/**
 * Whoever signs writes the predicate, but not the certificate: its repository is the one that the issuer of the identity vouched for. Throws
 * BundleInvalid where both name one and not the same.
 */
export function requireSameRepository(statement: Statement, { identity }: Signer): void {
  const certified = identity && certifiedRepository(identity)
  const claimed = claimedRepository(statement)
  if (certified === undefined || claimed === undefined || plainUrl(claimed) === plainUrl(certified)) return
  const told = typeof claimed === 'string' ? claimed.slice(0, 200) : 'no text'
  throw new BundleInvalid(`its statement names the repository ${told}, but its certificate is one of ${certified.slice(0, 200)}`)
}

function claimedRepository(statement: Statement): unknown {
  const path = claims.get(statement.predicateType)
  return path && ['predicate', ...path].reduce(memberOf, statement as unknown)
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined

function certifiedRepository({ oids = [], subjectAlternativeName = '' }: NonNullable<Signer['identity']>): string | undefined {
  const extension = (oid: string) => oids.find((one) => one.oid?.id.join('.') === oid)?.value
  const uri = extension(repositoryUri)
  if (uri) return textOf(uri)
  const name = extension(repositoryName)
  const host = URL.parse(subjectAlternativeName)?.origin
  return name && host && `${host}/${name.toString('utf8')}`
}

/** Of a UTF8String in DER. */
function textOf(der: Buffer): string {
  const lengthBytes = (der[1] ?? 0) > 0x80 ? (der[1] ?? 0) - 0x80 : 0
  return der.subarray(2 + lengthBytes).toString('utf8')
}

/** `git+https://host/owner/name.git@refs/heads/main` and `https://host/owner/name` are one. */
function plainUrl(text: unknown): unknown {
  const url = typeof text === 'string' ? URL.parse(text.replace(/^git\+/, '')) : null
  return url
    ? `${url.protocol}//${url.host}${url.pathname
        .replace(/@.*$/, '')
        .replace(/\/$/, '')
        .replace(/\.git$/, '')}`
    : text
}

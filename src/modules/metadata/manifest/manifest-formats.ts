import { FormatRegistry, Type } from '@sinclair/typebox'
import { parseNamespace } from '../../../shared/types/namespace-name.ts'
import { isVersionRange, parseVersion } from '../../../shared/types/version.ts'
import { parseArtifactReference } from './artifact-reference.ts'

interface Format {
  readonly accepts: (text: string) => boolean
  readonly expected: string
}

const formats = {
  version: { accepts: (text) => parseVersion(text) !== undefined, expected: 'a semantic version such as 1.2.3' },
  range: { accepts: isVersionRange, expected: 'a range of semantic versions such as ^1.2.0' },
  namespace: { accepts: (text) => parseNamespace(text) !== undefined, expected: 'a namespace such as acme or gati.dev/orgs/acme' },
  name: {
    accepts: (text) => parseArtifactReference(text) !== undefined && !text.includes(':'),
    expected: 'the name of an artifact, such as crypto-utils or acme/crypto-utils',
  },
  reference: {
    accepts: (text) => parseArtifactReference(text) !== undefined,
    expected: 'the name of an artifact with an optional version or tag, such as acme/embeddings:2.0.0',
  },
  path: { accepts: isRelativePath, expected: 'a relative path with forward slashes that stays inside the artifact' },
  glob: {
    accepts: (text) => isRelativePath(text.startsWith('!') ? text.slice(1) : text),
    expected: 'a relative path or glob with forward slashes that stays inside the artifact',
  },
  date: { accepts: isDate, expected: 'a date such as 2026-01-31, or a date and time with offset' },
  'date-time': { accepts: isDateTime, expected: 'a date and time with offset such as 2026-01-31T10:00:00Z (RFC 3339)' },
  'https-url': { accepts: isHttpsUrl, expected: 'an https URL without user name or password' },
  endpoint: { accepts: isEndpoint, expected: 'host:port, or a URL without user name or password' },
  image: { accepts: isImageReference, expected: 'an image reference such as acme/api:1.2.3 or acme/api@sha256:…' },
  host: { accepts: isHostPattern, expected: 'a host name such as github.com or *.github.com' },
} satisfies Record<string, Format>

type FormatName = keyof typeof formats
// TypeBox knows one process-wide list of formats, hence the prefix.
for (const [name, { accepts }] of Object.entries<Format>(formats)) FormatRegistry.Set(`manifest:${name}`, accepts)

/** A text of one of the manifest's own grammars. */
export const text = (format: FormatName) =>
  Type.String({ format: `manifest:${format}`, maxLength: 1024, expected: formats[format].expected })

function isRelativePath(path: string): boolean {
  if (path === '' || path.length > 1024 || /[\\\p{Cc}]/u.test(path) || /^[a-zA-Z]:/.test(path)) return false
  return !path.startsWith('/') && !path.split('/').includes('..')
}

const dateOnly = /^\d{4}-\d{2}-\d{2}$/
// RFC 3339 §5.6.
const dateTime = /^(\d{4}-\d{2}-\d{2})[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

function isCalendarDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`)
  // Date turns 30 February into 1 March.
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day)
}

function isDateTime(text: string): boolean {
  const day = dateTime.exec(text)?.[1]
  return day !== undefined && isCalendarDay(day)
}

function isDate(text: string): boolean {
  return dateOnly.test(text) ? isCalendarDay(text) : isDateTime(text)
}

function openUrl(text: string): URL | undefined {
  const url = /\s/.test(text) || text.length > 1024 ? null : URL.parse(text)
  // A manifest is public; a secret in it is a leak.
  return url && url.hostname !== '' && url.username === '' && url.password === '' ? url : undefined
}

function isHttpsUrl(text: string): boolean {
  return openUrl(text)?.protocol === 'https:' && text.toLowerCase().startsWith('https://')
}

const hostAndPort = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]{0,252})|\[[0-9a-fA-F:.]{2,45}\]):(\d{1,5})$/

function isEndpoint(text: string): boolean {
  const port = hostAndPort.exec(text)?.[1]
  if (port !== undefined) return Number(port) >= 1 && Number(port) <= 65_535
  return text.includes('://') && openUrl(text) !== undefined
}

// OCI names with an optional registry host in front, then a tag, a digest or both.
const imageReference =
  /^(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*(?::[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127})?(?:@(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?$/

function isImageReference(text: string): boolean {
  return text.length <= 512 && imageReference.test(text)
}

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

function isHostPattern(text: string): boolean {
  const host = text.startsWith('*.') ? text.slice(2) : text
  return host.length <= 253 && host.split('.').every((part) => label.test(part))
}

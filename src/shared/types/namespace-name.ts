import { Type } from '@sinclair/typebox'

const maxLength = 39
const longForms = ['gati.dev/users/', 'gati.dev/orgs/']
const shortForm = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/** Accepts the long forms too, so a route that uses it still calls `parseNamespace`. */
export const NamespaceSchema = Type.String({
  minLength: 1,
  maxLength: maxLength + 15,
  pattern: `^(?:gati\\.dev/(?:users|orgs)/)?(?=[a-z0-9-]{1,${maxLength}}$)[a-z0-9]+(?:-[a-z0-9]+)*$`,
})

/** The short form of a namespace (design.md §2): `gati.dev/users/krishna` becomes `krishna`. `undefined` when it is none. */
export function parseNamespace(text: string): string | undefined {
  const prefix = longForms.find((form) => text.startsWith(form)) ?? ''
  const length = text.length - prefix.length
  if (length < 1 || length > maxLength) return undefined
  const short = text.slice(prefix.length)
  return shortForm.test(short) ? short : undefined
}

/** Names nobody can register: formats, `library` and what routes begin with. They still parse, because `library` is read like any other. */
export const reservedNamespaces: ReadonlySet<string> = new Set([
  'oci',
  'npm',
  'model',
  'generic',
  'library',
  'v1',
  'v2',
  'api',
  'docs',
  'health',
  'ready',
  'metrics',
  'openapi',
  'graphql',
  'ui',
  'token',
  'static',
  'assets',
  'www',
  'me',
  'self',
  'new',
  'login',
  'logout',
  'signup',
  'settings',
])

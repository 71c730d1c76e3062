import { Type } from '@sinclair/typebox'
import type { ArtifactFormat } from './artifact-type.ts'

/** Wider than each format's own grammar (still no empty, dotted or hidden segment); `parseArtifactName` decides. */
export const ArtifactNameSchema = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: '^[a-z0-9-][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*)*$',
})

// OCI distribution-spec, "Pulling manifests": <name>. Generic and model names share it.
const repositoryName = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*)*$/
const packageName = /^[a-z0-9-][a-z0-9._-]*$/
// What npm itself refuses, because node resolves them elsewhere.
const neverPackages: ReadonlySet<string> = new Set(['node_modules', 'favicon.ico'])

/**
 * The name inside its namespace, without scope. With `namespace` given, the limit counts what clients send: `namespace/name` ≤ 255 for OCI,
 * `@namespace/name` ≤ 214 for npm (`library` holds the unscoped ones). `undefined` when it is no name of that format (D-14).
 */
export function parseArtifactName(format: ArtifactFormat, text: string, namespace?: string): string | undefined {
  if (text.length > maxLengthOf(format, namespace)) return undefined
  if (format === 'npm') return packageName.test(text) && !neverPackages.has(text) ? text : undefined
  return repositoryName.test(text) ? text : undefined
}

function maxLengthOf(format: ArtifactFormat, namespace: string | undefined): number {
  if (format === 'npm') return 214 - (namespace === undefined || namespace === 'library' ? 0 : namespace.length + 2)
  if (format === 'oci') return 255 - (namespace === undefined ? 0 : namespace.length + 1)
  return 255
}

const lookalikes: Readonly<Record<string, string>> = { '0': 'o', '1': 'l' }

/**
 * What two confusable names have in common (design.md §5 decision 14, D-14): compatibility forms and case are folded, `-`, `_` and `.` are
 * dropped, `0` reads as `o` and `1` as `l`. So `Left-Pad`, `left_pad` and `1eftpad` are one. `i`/`l` and `rn`/`m` stay apart: folding them
 * would refuse too many honest names. Slashes stay, they separate segments.
 */
export const foldName = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[-_.]/g, '')
    .replace(/[01]/g, (digit) => lookalikes[digit] ?? digit)

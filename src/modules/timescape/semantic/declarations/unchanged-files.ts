import { posix } from 'node:path'
import type { DeclarationPair, DeclaredPackage } from './messages.ts'

/** Every place where a file names another one: imports, exports, import types. Finding one too many is harmless. */
const specifiers = /\b(?:from|import|require)\s{0,50}\(?\s{0,50}["']([^"'\n]+)["']/g
/** Names other files in another way. */
const entangled = /^[ \t]*\/\/\/[ \t]*<reference/m

/**
 * Declarations that mean the same in both versions: equal texts that refer only to such files. Loaded once they are one thing to the compiler, which
 * saves most of the work of most comparisons.
 */
export function unchangedFiles({ before, after }: DeclarationPair): ReadonlySet<string> {
  const unchanged = new Set<string>()
  for (const [path, text] of before.texts) if (after.texts.get(path) === text && !entangled.test(text)) unchanged.add(path)
  const references = new Map([...unchanged].map((path) => [path, referencesOf(before, path)]))
  for (let isSettled = false; !isSettled; ) {
    isSettled = true
    for (const path of unchanged)
      if (!references.get(path)?.every((reference) => unchanged.has(reference))) {
        unchanged.delete(path)
        isSettled = false
      }
  }
  return unchanged
}

/** Files of the package it refers to; what cannot be told is a reference to a file that does not exist. */
function referencesOf({ name, texts }: DeclaredPackage, path: string): readonly string[] {
  const found: string[] = []
  for (const [, specifier = ''] of (texts.get(path) ?? '').matchAll(specifiers)) {
    if (specifier === name || specifier.startsWith(`${name}/`) || specifier.startsWith('#')) found.push(specifier)
    else if (specifier.startsWith('.')) found.push(fileOf(texts, posix.join(posix.dirname(path), specifier)) ?? specifier)
  }
  return found
}

function fileOf(texts: ReadonlyMap<string, string>, path: string): string | undefined {
  const plain = path.replace(/\/$/, '')
  const beside = plain.replace(/\.([cm]?)js$/, '.d.$1ts')
  const candidates = [
    beside,
    plain.replace(/\.js$/, '.d.ts'),
    `${plain}.d.ts`,
    `${plain}.d.mts`,
    `${plain}.d.cts`,
    `${plain}/index.d.ts`,
    plain,
  ]
  const matches = candidates.filter((candidate) => texts.has(candidate))
  return matches[0]
}

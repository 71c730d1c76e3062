const maxCharacters = 256
const maxWords = 16
/** A shorter beginning of a word would match too much to tell anything. */
const minPrefix = 2

/** What was typed, in the forms the database compares. */
export interface SearchText {
  /** Its words, each once, parted by spaces. */
  readonly words: string
  /** A tsquery of its words, the last of them the beginning of one, because it may be half typed; empty where that is too short. */
  readonly prefixes: string
  /** Read as the name of an artifact. */
  readonly name: string
  /** Read as `namespace/name`. */
  readonly scoped: { readonly namespace: string; readonly name: string } | undefined
}

/** `undefined` for nothing at all. */
export function parseSearchText(typed: string): SearchText | undefined {
  // A NUL and half a surrogate pair are errors in the database.
  const text = typed.replaceAll('\0', ' ').toWellFormed().normalize('NFKC').toLowerCase().trim().slice(0, maxCharacters).toWellFormed()
  if (text === '') return undefined
  const words = [...new Set(text.match(/[\p{L}\p{N}]+/gu))].slice(0, maxWords)
  const last = words.at(-1) ?? ''
  const name = text.replace(/^@/, '').replace(/\s+/g, '-')
  const slash = name.indexOf('/')
  return {
    words: words.join(' '),
    prefixes: last.length < minPrefix ? '' : [...words.slice(0, -1).map((word) => `'${word}'`), `'${last}':*`].join(' & '),
    name,
    scoped: slash > 0 ? { namespace: name.slice(0, slash), name: name.slice(slash + 1) } : undefined,
  }
}

/** A pattern of LIKE that matches the text itself. */
export const likeLiterally = (text: string): string => text.replace(/[\\%_]/g, '\\$&')

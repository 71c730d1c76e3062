import { VexInvalid } from '../errors.ts'
import { isStorable, storableCut } from '../storable-text.ts'
import type { VexStatus } from '../vulnerability.ts'

/** What a document says about one vulnerability of one package. */
export interface VexStatement {
  /** Any of its names. */
  readonly vulnerability: string
  /** Null: of whatever package of the artifact. */
  readonly purl: string | null
  readonly status: VexStatus
  readonly justification: string | null
  readonly author: string
  /** ISO 8601; the newest statement counts. */
  readonly statedAt: string
}

/** What the document is about: the artifact itself, by its names. */
export interface VexSubject {
  readonly manifestDigest: string
  /** Without version. */
  readonly purls: readonly string[]
  /** What this version is called besides its digest. */
  readonly versions: readonly string[]
}

export const maxStatements = 10_000
const maxAliases = 64
const maxPurls = 10_000
const maxText = 1_000

/** What one statement of a document says, before it is written out for each vulnerability and package. */
export interface StatementParts extends Omit<VexStatement, 'vulnerability' | 'purl'> {
  readonly names: readonly string[]
  readonly purls: readonly (string | null)[]
  /** Where it stands in the document. */
  readonly where: string
}

/** One for each name and package; throws before it writes out more than a manifest may have. */
export function writtenOut(parts: Iterable<StatementParts>): VexStatement[] {
  const all: VexStatement[] = []
  for (const { names, purls, where, ...rest } of parts) {
    if (names.length > maxAliases) throw new VexInvalid(`${where} has more than ${maxAliases} names of its vulnerability`)
    if (purls.length > maxPurls) throw new VexInvalid(`${where} names more than ${maxPurls} packages`)
    if (all.length + names.length * purls.length > maxStatements) throw new VexInvalid(`it has more than ${maxStatements} statements`)
    for (const vulnerability of names) for (const purl of purls) all.push({ vulnerability, purl, ...rest })
  }
  return all
}

/** A text as it is kept; throws for one that cannot be. */
export function keptText(text: string, where: string, maxLength = maxText): string {
  if (!isStorable(text)) throw new VexInvalid(`${where} has NUL or half a character`)
  return storableCut(text, maxLength)
}

/** Years that ISO 8601 writes with four digits, which is what databases and readers take. */
export function instantIn(text: string): string | undefined {
  const instant = new Date(text)
  const year = instant.getUTCFullYear()
  return year >= 1970 && year <= 9999 ? instant.toISOString() : undefined
}

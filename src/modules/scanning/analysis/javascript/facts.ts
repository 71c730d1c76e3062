/** What a piece of code was seen to do. Rules are combinations of them. */
export type FactKind =
  | 'compiles'
  | 'connects'
  | 'decodes'
  | 'decrypts'
  | 'encodes'
  | 'evaluates'
  | 'evaluates decoded'
  | 'identity'
  | 'looks up names'
  | 'makes executable'
  | 'overrides'
  | 'reads files'
  | 'sends'
  | 'serialises environment'
  | 'spawns'
  | 'spawns hidden'
  | 'uses'
  | 'uses hidden'
  | 'whole environment'
  | 'writes files'

export interface Fact {
  readonly kind: FactKind
  readonly line: number
  /** Characters from the beginning. */
  readonly at: number
  /** A command, an address, a module: as far as it is known before anything runs. */
  readonly detail: string
}

export interface KnownString {
  readonly value: string
  readonly isHidden: boolean
  readonly line: number
  readonly at: number
}

export interface CodeFacts {
  readonly facts: readonly Fact[]
  readonly strings: readonly KnownString[]
  /** Names like `_0x3fa2c1`, which an obfuscator gives. */
  readonly hexNames: number
  readonly names: number
  readonly lengthInChars: number
}

const bundleChars = 60_000
const nearChars = 6000

/** In a bundle of many modules, things belong together only when they are near each other. */
export const areNear = (code: CodeFacts, a: { at: number }, b: { at: number }): boolean =>
  code.lengthInChars < bundleChars || Math.abs(a.at - b.at) <= nearChars

import type { Change } from '../../change.ts'

/** One version of a package, as its declarations tell it. Paths are relative to its folder. */
export interface DeclaredPackage {
  readonly name: string
  /** Declarations and `package.json` files by path. */
  readonly texts: ReadonlyMap<string, string>
  /** Declaration file of every subpath that has one. */
  readonly entries: ReadonlyMap<string, string>
}

export interface DeclarationPair {
  readonly before: DeclaredPackage
  readonly after: DeclaredPackage
}

export type Ask = DeclarationPair & { readonly id: number }
export type Reply = { readonly id: number; readonly changes?: readonly Change[]; readonly error?: string }

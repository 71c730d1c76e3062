import { service } from '../../shared/kernel/service.ts'

/** `input`: what a consumer sends. `output`: what it receives. */
export type SignatureDirection = 'input' | 'output'

/** `superset`: the type has at least the wanted fields. `subset`: it has no others. */
export type SignatureMode = 'superset' | 'subset'

/** One type of a version in one direction, as an index can hold it. */
export interface DeclaredFields {
  readonly direction: SignatureDirection
  /** Paths such as `user.name` and `items[].id`, each alone and with the kinds it may be (`user.name:string`). `*`: there are more. */
  readonly fields: readonly string[]
  /** Members that every value of the type may have, and that nothing else is said of: at most those there are. */
  readonly names: readonly string[]
  /** Members that every value has to have: at most those there are. */
  readonly required: readonly string[]
}

/** What a type has to be, in the manifest's notation: `{ text: string, lang?: string }`. */
export interface WantedPart {
  readonly direction: SignatureDirection
  readonly mode: SignatureMode
  readonly type: string
}

/** What the index can tell of a part: types that lack it do not fit, others may. */
export interface WantedFields extends Omit<WantedPart, 'type'> {
  /** Paths, as in `DeclaredFields`, that a fitting type has. */
  readonly fields: readonly string[]
  /** `subset`: the fitting type's names (output), or required names (input), are among these. */
  readonly names: readonly string[]
}

export interface WantedSignature {
  readonly parts: readonly WantedFields[]
  /** Whether some type of these `gtypes` fits each part. Never throws; what cannot be compared within its budget does not fit. */
  fits(gtypes: unknown): boolean
}

/** Types of versions, for whoever looks for artifacts by them. */
export interface Signatures {
  /** Of the member `gtypes` of a version's metadata, whatever it holds. Never throws. */
  declared(gtypes: unknown): readonly DeclaredFields[]
  /** Throws `timescape.signature_unreadable`. */
  wanted(parts: readonly WantedPart[]): WantedSignature
}
export const Signatures = service<Signatures>('timescape.signatures')

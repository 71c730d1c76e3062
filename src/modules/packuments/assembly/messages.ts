import type { PackumentEncoding, PackumentForm } from '../contract.ts'

export const forms: readonly PackumentForm[] = ['full', 'abbreviated']

/** Encodings that take long to make and are made when a document has come to rest. */
export type LateEncoding = Exclude<PackumentEncoding, 'identity' | 'gzip'>

export type FormBytes = Readonly<Record<PackumentForm, Uint8Array<ArrayBuffer>>>

/** What became of one form: the hash of its text, and bytes by encoding. */
export interface WrittenForm {
  readonly revision: string
  readonly sizes: { readonly identity: number; readonly gzip: number }
}
export type WrittenDocument = Readonly<Record<PackumentForm, WrittenForm>>

/** Jobs are numbered by who asks; `open` makes one that the others add to. */
export type Task =
  | { readonly kind: 'open'; readonly job: number; readonly folder: string }
  | { readonly kind: 'write'; readonly job: number; readonly bytes: FormBytes }
  | { readonly kind: 'finish' | 'abort'; readonly job: number }
  | { readonly kind: 'compress-file'; readonly from: string; readonly to: string; readonly encoding: LateEncoding }
  | { readonly kind: 'compress'; readonly bytes: Uint8Array; readonly encoding: LateEncoding }

export type Ask = Task & { readonly id: number }
export type Reply = { readonly id: number; readonly result?: unknown; readonly error?: string }

/** Of one document in its folder. */
export const fileNameOf = (form: PackumentForm, encoding: PackumentEncoding): string => `${form}.json${suffixes[encoding]}`
const suffixes: Readonly<Record<PackumentEncoding, string>> = { identity: '', gzip: '.gz', br: '.br', zstd: '.zst' }

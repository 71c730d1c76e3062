import type { ReadDocument, ReadingRules, WritingRules } from './upstream-document.ts'

/** One text, as it is kept in memory. */
export interface PackedText {
  readonly gzip: Uint8Array
  /** Bytes of the text itself. */
  readonly sizeBytes: number
}

export type ShownParts = Omit<ReadDocument, 'source'>

export interface WrittenDocument {
  readonly revision: string
  readonly lastModified: string
  readonly full: PackedText
  readonly abbreviated: PackedText
}

/** `write` follows the `read` of the same document: the worker has one at a time. */
export type Task =
  | { readonly kind: 'read'; readonly path: string; readonly rules: ReadingRules }
  | { readonly kind: 'write'; readonly rules: WritingRules }
  | { readonly kind: 'manifest'; readonly gzip: Uint8Array; readonly version: string }

export type Ask = Task & { readonly id: number }
export interface Reply {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

import { storableCut } from '../storable-text.ts'

const maxGaps = 190
const maxNotes = 100
const maxPath = 600
const maxReason = 300

const plain = (text: string, maxLength: number): string => storableCut(text.replaceAll(/\p{Cc}/gu, ' '), maxLength)

/** A path as texts of a report have it, which is what is cut when both are too long. */
export const shownPath = (path: string): string => plain(path, maxPath) || 'the blob'

/** What an analysis left out: gaps are content that nobody saw, notes are not. Neither takes the place of the other. */
export class Gaps {
  readonly #gaps = new Set<string>()
  readonly #notes = new Set<string>()
  #further = 0

  gap(path: string, reason: string): void {
    const text = `${shownPath(path)}: ${plain(reason, maxReason)}`
    if (this.#gaps.size < maxGaps || this.#gaps.has(text)) this.#gaps.add(text)
    else this.#further += 1
  }

  note(text: string): void {
    if (this.#notes.size < maxNotes) this.#notes.add(plain(text, maxPath + maxReason))
  }

  get gaps(): readonly string[] {
    return this.#further === 0 ? [...this.#gaps] : [...this.#gaps, `${this.#further} further gaps left out`]
  }

  get notes(): readonly string[] {
    return [...this.#notes]
  }
}

/** When a name may have been meant by a text, for every driver. */

/** Shorter texts are like too many names. */
export const minFuzzyLength = 4
/** A longer text is a name itself, and its words would be like too many; no longer one may be a word of a name. */
export const maxWordLength = 12
/** So much of the text has to be in a word of the name, by threes of letters. */
export const minWordLikeness = 0.6
/** A name that is one slip away: a letter too many, too few or another, or two changed over. */
export const slipLikeness = 0.9
/** Of all other names: so that even the most popular of them rarely stands before one that is a slip away. */
export const shareOfWhole = 0.5
export const shareOfWord = 0.4
/** Longer texts are compared by threes of letters alone. */
const maxSlipLetters = 64
/** Two threes of letters are a third of so short a text, and a tenth of all names has them: it is compared with names that begin alike. */
export const maxShortLength = 5
/** Such a name is at most so many letters longer. */
export const shortExcess = 2

/** How alike a name has to be as a whole: what one slip leaves, two letters changed over in the middle. Of more letters more is left, and fewer names are compared. */
export function minLikeness(letters: number): number {
  if (letters <= maxShortLength) return 0.3
  if (letters <= 7) return 0.33
  return letters === 8 ? 0.34 : 0.4
}

/** What one slip made of it, where a slip adds a letter or changes two over: names to look for as they are. */
export function namesBeforeSlip(typed: string): string[] {
  const letters = lettersOf(typed)
  const without = letters.map((_, at) => [...letters.slice(0, at), ...letters.slice(at + 1)])
  const changed = letters.slice(1).map((_, at) => [...letters.slice(0, at), letters[at + 1], letters[at], ...letters.slice(at + 2)])
  return [...new Set([...without, ...changed].map((name) => name.join('')))]
}

/** The same where a slip leaves a letter out or takes another: what stands before the letter that nobody knows, and behind it. */
export function partsBeforeSlip(typed: string): readonly (readonly [before: string, behind: string])[] {
  const letters = lettersOf(typed)
  const parted = (at: number, to: number) => [letters.slice(0, at).join(''), letters.slice(to).join('')] as const
  return letters.length === 0 ? [] : [parted(0, 0), ...letters.flatMap((_, at) => [parted(at, at + 1), parted(at + 1, at + 1)])]
}

/** Tells of names whether one slip made `typed` of them; of a short text not with its first letter, which too many names differ in. */
export function oneSlipFrom(typed: string): (name: string) => boolean {
  const names = new Set(namesBeforeSlip(typed))
  const around = partsBeforeSlip(typed).map(([before, behind]) => ({ before, behind, length: [...before, ...behind].length + 1 }))
  const first = typed.length <= maxShortLength ? typed.slice(0, 1) : ''
  return (name) => {
    if (names.has(name)) return true
    const letters = [...name].length
    return (
      name.startsWith(first) &&
      around.some(({ before, behind, length }) => letters === length && name.startsWith(before) && name.endsWith(behind))
    )
  }
}

function lettersOf(typed: string): readonly string[] {
  const letters = [...typed]
  return letters.length > maxSlipLetters ? [] : letters
}

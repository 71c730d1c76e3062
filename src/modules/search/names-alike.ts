/** When a name may have been meant by a text, for every driver. */

/** Shorter texts are like too many names. */
export const minFuzzyLength = 4
/** A longer text is a name itself, and its words would be like too many; no longer one may be a word of a name. */
export const maxWordLength = 12
/** So much of the text has to be in a word of the name, by threes of letters. */
export const minWordLikeness = 0.6
/** Of the likeness of a name as a whole. */
export const shareOfWord = 0.8
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

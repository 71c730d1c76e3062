const endings: readonly (readonly [RegExp, string])[] = [
  [/(?:ational|ization|isation)$/, 'ate'],
  [/(?:iveness|fulness|ousness)$/, ''],
  [/(?:ability|ibility)$/, ''],
  [/(?:ations?|ators?|ating|ated|ates|ate)$/, ''],
  [/(?:izing|ising|izers?|isers?|ized|ised|izes|ises|ize|ise)$/, ''],
  [/(?:ements?|ments?)$/, ''],
  [/(?:ings?|edly|ed)$/, ''],
  [/(?:ions?|ors?|ers?)$/, ''],
  [/(?:ically|ical|ics?|als?|ally|ably|able|ible)$/, ''],
  [/(?:iest|ies|ier|ily|y)$/, 'i'],
  [/(?:ness|ous|ive|ful|less|ly|es|s|e)$/, ''],
]
const minStem = 3

/** What words of one family have in common, roughly: `parsing`, `parser` and `parses` are one. Of English words in lower case. */
export function stemOf(word: string): string {
  if (word.length <= minStem) return word
  for (const [ending, instead] of endings) {
    const stem = word.replace(ending, instead)
    if (stem !== word && stem.length >= minStem) return undoubled(stem)
  }
  return word
}

/** `running` is of `run`. */
const undoubled = (stem: string): string => (stem.length > minStem && stem.at(-1) === stem.at(-2) ? stem.slice(0, -1) : stem)

import { compareDigits, compareNumbers, compareTexts } from './order.ts'

const suffixes = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p']
const grammar = /^(\d+(?:\.\d+)*)([a-z]?)((?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*)(?:~[0-9a-f]+)?(?:-r(\d+))?$/

/** `1.2.3a_rc1-r4` as apk orders them (apk-package(5)); what has another form comes before all that have it. */
export function compareAlpine(a: string, b: string): number {
  const [one, other] = [grammar.exec(a), grammar.exec(b)]
  if (!one || !other) return compareNumbers(Number(one !== null), Number(other !== null)) || compareTexts(a, b)
  const [, numbers = '', letter = '', suffix = '', revision = '0'] = one
  const [, otherNumbers = '', otherLetter = '', otherSuffix = '', otherRevision = '0'] = other
  return (
    compareNumberLists(numbers, otherNumbers) ||
    compareTexts(letter, otherLetter) ||
    compareSuffixes(suffix, otherSuffix) ||
    compareDigits(revision, otherRevision)
  )
}

compareAlpine.reads = (version: string): boolean => grammar.test(version)

/** After the first one, a number that begins with 0 is a fraction: 1.05 comes before 1.5, and 1.1 before 1.10. */
function compareNumberLists(a: string, b: string): number {
  const [one, other] = [a.split('.'), b.split('.')]
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const [x, y] = [one[at], other[at]]
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1
    const order = at === 0 ? compareDigits(x, y) : compareFollowing(x, y)
    if (order !== 0) return order
  }
  return 0
}

function compareFollowing(a: string, b: string): number {
  const [one, other] = [isFraction(a), isFraction(b)]
  if (one !== other) return one ? -1 : 1
  return one ? compareTexts(a, b) : compareDigits(a, b)
}

const isFraction = (text: string): boolean => text.startsWith('0')

function compareSuffixes(a: string, b: string): number {
  const list = (text: string) => [...text.matchAll(/_([a-z]+)(\d*)/g)].map(([, name = '', number = '']) => ({ name, number }))
  const [one, other] = [list(a), list(b)]
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const [x, y] = [one[at] ?? none, other[at] ?? none]
    const order = compareNumbers(suffixes.indexOf(x.name), suffixes.indexOf(y.name)) || compareDigits(x.number, y.number)
    if (order !== 0) return order
  }
  return 0
}
const none = { name: '', number: '' }

import { compareDigits, compareLists, compareNumbers, compareTexts } from './order.ts'

// https://packaging.python.org/en/latest/specifications/version-specifiers/#appendix-parsing-version-strings-with-regular-expressions
const grammar =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d+)?)?(?:(?:-(\d+))|(?:[-_.]?(post|rev|r)[-_.]?(\d+)?))?(?:[-_.]?(dev)[-_.]?(\d+)?)?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/

interface Version {
  readonly epoch: string
  readonly release: readonly string[]
  /** Of development releases, pre-releases, the release and what follows it. */
  readonly phase: number
  readonly pre: string
  readonly post: string
  readonly dev: string
  readonly local: readonly string[]
}

const phases: Readonly<Record<string, number>> = { a: 1, alpha: 1, b: 2, beta: 2, c: 3, rc: 3, pre: 3, preview: 3 }
const finalPhase = 4
/** A number above all that are written: what has no such part comes after what has. */
const above = 'z'

/** PEP 440; what has another form comes before all that have it. */
export function comparePython(a: string, b: string): number {
  const [one, other] = [parse(a), parse(b)]
  if (!one || !other) return compareNumbers(Number(one !== undefined), Number(other !== undefined)) || compareTexts(a, b)
  return (
    compareDigits(one.epoch, other.epoch) ||
    compareLists(one.release, other.release, { missing: '0', compare: compareDigits }) ||
    compareNumbers(one.phase, other.phase) ||
    compareDigits(one.pre, other.pre) ||
    comparePart(one.post, other.post) ||
    comparePart(one.dev, other.dev) ||
    compareLists(one.local, other.local, { missing: '', compare: compareLocal })
  )
}

comparePython.reads = (version: string): boolean => grammar.test(version.trim().toLowerCase())

function parse(text: string): Version | undefined {
  const found = grammar.exec(text.trim().toLowerCase())
  if (!found) return undefined
  const [, epoch = '0', release = '0', pre, preNumber = '0', implicit, post, postNumber = '0', dev, devNumber = '0', local] = found
  const posted = implicit ?? (post === undefined ? '' : postNumber)
  // `1.0.dev1` comes before `1.0a1`.
  const early = dev !== undefined && pre === undefined && posted === '' ? 0 : finalPhase
  return {
    ...{ epoch, release: release.split('.'), pre: preNumber, post: posted },
    phase: pre === undefined ? early : (phases[pre] ?? finalPhase),
    dev: dev === undefined ? above : devNumber,
    local: local === undefined ? [] : local.split(/[-_.]/),
  }
}

/** The empty text comes first, `above` last. */
function comparePart(a: string, b: string): number {
  if (a === '' || b === '') return compareNumbers(Number(a !== ''), Number(b !== ''))
  if (a === above || b === above) return compareNumbers(Number(a === above), Number(b === above))
  return compareDigits(a, b)
}

/** Numbers after texts, and nothing before both. */
function compareLocal(a: string, b: string): number {
  if (a === '' || b === '') return compareNumbers(Number(a !== ''), Number(b !== ''))
  const [one, other] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (one !== other) return one ? 1 : -1
  return one ? compareDigits(a, b) : compareTexts(a, b)
}

import { parse } from 'semver'
import { compareNumbers, compareTexts } from './order.ts'

/** semver as npm reads it; also `1`, `1.2`, a leading v and a fourth number of NuGet. What is none comes before all that are. */
export function compareSemantic(a: string, b: string): number {
  const [one, other] = [read(a), read(b)]
  if (!one || !other) return compareNumbers(Number(one !== undefined), Number(other !== undefined)) || compareTexts(a, b)
  return one.version.compareMain(other.version) || compareNumbers(one.fourth, other.fourth) || one.version.comparePre(other.version)
}

compareSemantic.reads = (version: string): boolean => read(version) !== undefined

function read(text: string) {
  const [, numbers = '', rest = ''] = /^v?(\d+(?:\.\d+){0,3})((?:[-+].*)?)$/s.exec(text.trim()) ?? []
  const [major, minor = '0', patch = '0', fourth = '0'] = numbers.split('.').map((digits) => digits.replace(/^0+(?=\d)/, ''))
  const version = parse(`${major}.${minor}.${patch}${rest}`, { loose: true })
  return version ? { version, fourth: BigInt(fourth) } : undefined
}

import { compareDigits, compareNumbers } from './order.ts'

// deb-version(7): `~` before the end, the end before letters, letters before everything else.
const rank = (character: string | undefined): number => {
  if (character === '~') return -1
  if (character === undefined) return 0
  return /[A-Za-z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256
}

/** `epoch:upstream-revision` as dpkg orders them. */
export function compareDebian(a: string, b: string): number {
  const [one, other] = [partsOf(a), partsOf(b)]
  return compareDigits(one.epoch, other.epoch) || compareParts(one.upstream, other.upstream) || compareParts(one.revision, other.revision)
}

function partsOf(text: string) {
  const [, epoch = '0', rest = text] = /^(\d+):(.*)$/s.exec(text) ?? []
  const dash = rest.lastIndexOf('-')
  return dash < 0 ? { epoch, upstream: rest, revision: '' } : { epoch, upstream: rest.slice(0, dash), revision: rest.slice(dash + 1) }
}

/** Text and digits take turns, text first. */
function compareParts(a: string, b: string): number {
  const [one, other] = [a.match(/\d+|\D+/g) ?? [], b.match(/\d+|\D+/g) ?? []]
  const turns = (parts: string[]): string[] => (/^\d/.test(parts[0] ?? '') ? ['', ...parts] : parts)
  const [left, right] = [turns(one), turns(other)]
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const [x, y] = [left[at] ?? '', right[at] ?? '']
    const order = at % 2 === 0 ? compareText(x, y) : compareDigits(x, y)
    if (order !== 0) return order
  }
  return 0
}

function compareText(a: string, b: string): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const order = compareNumbers(rank(a[at]), rank(b[at]))
    if (order !== 0) return order
  }
  return 0
}

import fc from 'fast-check'
import { compare, satisfies } from 'semver'
import { expect, test } from 'vitest'
import { BadDocument, type OsvEvent } from '../../../src/modules/scanning/osv-document.ts'
import { intervalsOf, patchedText, rangeText, unionOf } from '../../../src/modules/scanning/version-intervals.ts'

const options = { includePrerelease: true, loose: true }
const textOf = (events: readonly OsvEvent[]) => rangeText(unionOf(intervalsOf(events)))
const versions = fc
  .tuple(fc.nat(3), fc.nat(3), fc.nat(2), fc.option(fc.constantFrom('alpha', 'alpha.1', 'beta.2', 'rc.1'), { nil: undefined }))
  .map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre === undefined ? '' : `-${pre}`}`)
const kind = fc.constantFrom('introduced', 'fixed', 'last_affected')
/** At different versions: what several events at one version mean is left open by OSV. */
const events = fc
  .uniqueArray(versions, { maxLength: 8 })
  .chain((all) =>
    fc
      .array(kind, { minLength: all.length, maxLength: all.length })
      .map((kinds): OsvEvent[] => all.map((version, index) => ({ [kinds[index] ?? 'fixed']: version }))),
  )
const withStart = fc.tuple(fc.boolean(), events).map(([start, rest]): OsvEvent[] => (start ? [{ introduced: '0' }, ...rest] : rest))

/** The evaluation as the specification writes it. */
function isVulnerable(version: string, given: readonly OsvEvent[]): boolean {
  const at = (event: OsvEvent) => event.introduced ?? event.fixed ?? event.last_affected ?? ''
  const order = (a: OsvEvent, b: OsvEvent) => (at(a) === '0' ? -1 : at(b) === '0' ? 1 : compare(at(a), at(b)))
  let vulnerable = false
  for (const event of given.toSorted(order)) {
    if (event.introduced !== undefined && (event.introduced === '0' || compare(version, event.introduced) >= 0)) vulnerable = true
    if (event.fixed !== undefined && compare(version, event.fixed) >= 0) vulnerable = false
    if (event.last_affected !== undefined && compare(version, event.last_affected) > 0) vulnerable = false
  }
  return vulnerable
}
const satisfiesText = (version: string, text: string | null) => text !== null && satisfies(version, text, options)

test('a range has the versions that the evaluation of OSV finds vulnerable, prereleases included', () => {
  fc.assert(
    fc.property(withStart, fc.array(versions, { minLength: 20, maxLength: 20 }), (given, asked) => {
      const text = textOf(given)
      for (const version of asked) expect(satisfiesText(version, text), `${version} in ${text}`).toBe(isVulnerable(version, given))
    }),
    { numRuns: 500 },
  )
})

test('several ranges of one package together have the versions of each of them', () => {
  fc.assert(
    fc.property(fc.array(withStart, { maxLength: 4 }), fc.array(versions, { minLength: 20, maxLength: 20 }), (ranges, asked) => {
      const union = unionOf(ranges.flatMap(intervalsOf))
      const [text, patched] = [rangeText(union), patchedText(union)]
      for (const version of asked) {
        const vulnerable = ranges.some((given) => isVulnerable(version, given))
        expect(satisfiesText(version, text), `${version} in ${text}`).toBe(vulnerable)
        if (vulnerable) expect(satisfiesText(version, patched), `${version} in ${patched}`).toBe(false)
      }
    }),
    { numRuns: 500 },
  )
})

test.each<[readonly OsvEvent[], string | null, string | null]>([
  [[{ introduced: '0' }], '*', null],
  [[{ introduced: '0' }, { fixed: '1.2.3' }], '<1.2.3', '>=1.2.3'],
  [[{ introduced: '1.0.0', fixed: '1.2.3' }], '>=1.0.0 <1.2.3', '>=1.2.3'],
  [
    [{ fixed: '2.1.0' }, { introduced: '2.0.0' }, { introduced: '1.0.0' }, { fixed: '1.5.0' }],
    '>=1.0.0 <1.5.0 || >=2.0.0 <2.1.0',
    '>=1.5.0 <2.0.0 || >=2.1.0',
  ],
  [[{ introduced: '1.0.0' }, { last_affected: '1.4.0' }], '>=1.0.0 <=1.4.0', null],
  [[{ introduced: '1.0.0' }, { last_affected: '1.0.0' }], '1.0.0', null],
  [[{ introduced: '1.0.0' }, { fixed: '1.0.0' }], null, null],
  [[{ introduced: '1.0.0' }, { fixed: '2.0.0' }, { introduced: '2.0.0' }, { fixed: '3.0.0' }], '>=1.0.0 <3.0.0', '>=3.0.0'],
  [[{ introduced: '1' }, { fixed: '1.2' }], '>=1.0.0 <1.2.0', '>=1.2.0'],
  [[{ introduced: '1.0.0' }, { limit: '2.0.0' }], '>=1.0.0 <2.0.0', '>=2.0.0'],
  [[{ introduced: '1.0.0' }, { fixed: '1.1.0' }, { limit: '*' }], '>=1.0.0 <1.1.0', '>=1.1.0'],
  [[{ introduced: '3.0.0' }, { limit: '2.0.0' }], null, null],
  [[{ fixed: '1.0.0' }], null, null],
  [[], null, null],
])('%j is %s, repaired by %s', (given, range, patched) => {
  const union = unionOf(intervalsOf(given))
  expect([rangeText(union), patchedText(union)]).toEqual([range, patched])
})

test('a version that semver does not know is a bad document', () => {
  expect(() => intervalsOf([{ introduced: 'one' }])).toThrow(BadDocument)
  expect(() => intervalsOf([{ introduced: '0' }, { fixed: '1.2.3.4' }])).toThrow('"1.2.3.4" is no version that semver knows')
})

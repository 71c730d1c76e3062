import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { distance, squatOf } from '../../../../src/modules/scanning/analysis/rules/typosquats.ts'

const names = readFileSync(new URL('../../../../src/modules/scanning/analysis/rules/popular-npm-names.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')

test('the list has at least a thousand names, each once', () => {
  expect(names.length).toBeGreaterThanOrEqual(1000)
  expect(new Set(names).size).toBe(names.length)
})

test.each([
  ['crossenv', 'cross-env'],
  ['loadsh', 'lodash'],
  ['expresss', 'express'],
  ['electorn', 'electron'],
  ['babelcli', '@babel/cli'],
  ['mongose', 'mongoose'],
  ['l0dash', 'lodash'],
  ['discordjs', 'discord.js'],
  ['types-node', '@types/node'],
  ['@typescript_eslinter/parser', undefined],
  ['@babe1/core', '@babel/core'],
  ['@typescript-eslnt/parser', '@typescript-eslint/parser'],
  ['axios', undefined],
  ['@babel/helper-of-ours', undefined],
  ['@acme/lodash', undefined],
  ['widget-of-acme', undefined],
  ['chai', undefined],
])('%s could be taken for %s', (name, popular) => {
  expect(squatOf(name, [])?.popular).toBe(popular)
})

test('names of this registry are protected too', () => {
  expect(squatOf('acme-widgets', ['acme-widget'])?.popular).toBe('acme-widget')
  expect(squatOf('acme-widget', ['acme-widget'])).toBeUndefined()
})

test('no popular name is a squat of another', () => {
  expect(names.filter((name) => squatOf(name, []))).toEqual([])
})

test('the distance is one after one edit or swap, is symmetric, and zero only for the same', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-'), maxLength: 8 })
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(distance(a, b, 20)).toBe(distance(b, a, 20))
      expect(distance(a, b, 20) === 0).toBe(a === b)
      expect(distance(`${a}x${b}`, a + b, 3)).toBe(1)
    }),
    { numRuns: 200 },
  )
  expect(distance('loadsh', 'lodash', 3)).toBe(1)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blockListOf, matcherOf, scopeMatcherOf } from '../../../src/modules/npm/upstream/name-pattern.ts'
import { upstreamName } from '../../../src/modules/npm/upstream/upstream-name.ts'

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.'), minLength: 1, maxLength: 8 })
const names = fc.oneof(
  letters,
  fc.tuple(letters, letters).map(([scope, name]) => `@${scope}/${name}`),
)
const globs = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '*'), minLength: 1, maxLength: 8 })
const patterns = fc.oneof(
  globs,
  fc.tuple(globs, globs).map(([scope, name]) => `@${scope}/${name}`),
)

/** What a star means, in as few words as possible, and not in linear time. */
const meaning = (pattern: string) => new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '[^@/]*')}$`)

test('a star stands for any text without a slash or a scope, and for nothing else', () => {
  fc.assert(
    fc.property(fc.array(patterns, { maxLength: 4 }), names, (list, name) => {
      expect(matcherOf(list)(name)).toBe(list.some((pattern) => meaning(pattern).test(name)))
    }),
    { numRuns: 5_000 },
  )
})

test('a name fits itself, and what was made from a pattern fits it', () => {
  fc.assert(
    fc.property(names, letters, (name, text) => {
      expect(matcherOf([name])(name)).toBe(true)
      expect(matcherOf(['*', '@*/*'])(name)).toBe(true)
      expect(matcherOf([`${text}*`])(`${text}${text}`)).toBe(true)
    }),
  )
})

test('a hundred stars take no longer than their length', () => {
  const fits = matcherOf([`${'*a'.repeat(100)}*b`])
  const started = performance.now()
  for (let time = 0; time < 1_000; time += 1) expect(fits('a'.repeat(214))).toBe(false)
  expect(performance.now() - started).toBeLessThan(500)
})

test('patterns of one kind of name do not fit the other', () => {
  expect([
    matcherOf(['*'])('@acme/x'),
    matcherOf(['@*/*'])('acme'),
    matcherOf(['*/*'])('@acme/x'),
    matcherOf(['@acme/*'])('@acme-x/y'),
  ]).toEqual([...[false, false, false, false]])
})

test('a block list has names and ranges, and refuses to begin with nonsense', () => {
  const blocked = blockListOf(['evil', '@bad/*', 'left@<1.2.0 || 2.x', 'left@3'])
  expect([blocked('evil'), blocked('@bad/x'), blocked('left'), blocked('right')]).toEqual([['*'], ['*'], ['<1.2.0 || 2.x', '3'], []])
  expect(() => blockListOf(['left@no range'])).toThrow('no range')
})

test('a scope is that of a pattern which names or guesses it, or which it looks like; patterns without a scope have none', () => {
  const isKept = scopeMatcherOf(['@types/node', '@a-*/x', '@b~c/*', '@d~*/*', 'plain', '*'])
  expect(['types', 'ty-pes', 'a-b', 'b-c', 'bc', 'd-e'].filter((name) => !isKept(name))).toEqual([])
  expect(['plain', 'other', 'a', 'ab', 'types-x', 'd'].filter(isKept)).toEqual([])
  expect([scopeMatcherOf(['*', '@*/any'])('other'), scopeMatcherOf(['*'])('other')]).toEqual([true, false])
})

test('names elsewhere are wider than here, and the name here that they look like is what must not be here', () => {
  expect(upstreamName('left-pad')).toMatchObject({ isOurs: true, ref: { namespace: 'library', name: 'left-pad' } })
  expect(upstreamName('JSONStream')).toMatchObject({ isOurs: false, ref: { namespace: 'library', name: 'jsonstream' } })
  expect(upstreamName('@acme/Widget')).toMatchObject({ isOurs: false, ref: { namespace: 'acme', name: 'widget' } })
  for (const text of ['@Acme/x', '@library/x', '_x', '.x', 'a/b', '@a/b/c', 'node_modules', 'a b', '', '@/x', 'x'.repeat(215)])
    expect(upstreamName(text)).toBeUndefined()
})

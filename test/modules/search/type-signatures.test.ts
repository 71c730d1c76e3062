import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseSignatureText } from '../../../src/modules/search/signatures/signature-text.ts'
import { signatures } from '../../../src/modules/timescape/signatures/signatures.service.ts'
import type { DeclaredFields, WantedFields } from '../../../src/modules/timescape/signatures.contract.ts'

/** What the index asks in SQL. */
const mayFit = (rows: readonly DeclaredFields[], { direction, mode, fields, names }: WantedFields): boolean =>
  rows.some((row) => {
    if (row.direction !== direction) return false
    if (mode === 'superset') return row.fields.includes('*') || fields.every((field) => row.fields.includes(field))
    return (direction === 'input' ? row.required : row.names).every((name) => names.includes(name))
  })

const fits = (text: string, ...gtypes: readonly object[]): boolean => {
  const wanted = signatures.wanted(parseSignatureText(text))
  const isFitting = wanted.fits(gtypes)
  if (isFitting) expect(wanted.parts.every((part) => mayFit(signatures.declared(gtypes), part))).toBe(true)
  return isFitting
}

const request = { name: 'AnalyzeRequest', fields: { text: 'string', lang: 'string?' } }
const response = { name: 'AnalyzeResponse', fields: { sentiment: 'enum[positive,negative]', score: 'number', user: '{ id: integer }' } }

test.each([
  ['out:{sentiment:string}', true],
  ['out:{sentiment:enum[positive,negative,neutral]}', true],
  ['out:{sentiment:enum[positive]}', false],
  ['out:{sentiment:number}', false],
  ['out >= {score: number, user: {id: number}}', true],
  ['output ⊇ {user:{id:string}}', false],
  ['out:{missing:string}', false],
  ['out<={sentiment:string, score:number, user:object, more:string}', true],
  ['out<={sentiment:string, score:number}', false],
  ['in:{text:string}', true],
  ['in:{text:string, lang:string}', true],
  ['in:{text:number}', false],
  ['in:{other:string}', false],
  ['in<={text:string}', true],
  ['in<={lang:string}', false],
  ['in<={text:string, more:number}', true],
  ['in:{text:string} out:{sentiment:string}', true],
  ['in:{text:string} out:{text:string}', false],
  ['{"output":{"sentiment":"string"}}', true],
  ['{"input":{"mode":"subset","fields":{"text":"string"}},"output":{"user":{"id":"number"}}}', true],
])('%s finds a sentiment analysis: %s', (text, expected) => {
  expect(fits(text, request, response)).toBe(expected)
})

test('types by name, JSON Schemas and GType documents are looked into alike; a type without direction is both', () => {
  const user = { name: 'User', fields: { name: 'string', address: 'Address' } }
  const address = { name: 'Address', fields: { zip: 'string' } }
  expect(fits('out:{address:{zip:string}}', user, address)).toBe(true)
  expect(fits('in:{name:string}', user, address)).toBe(true)
  const schema = {
    name: 'Reply',
    schema: { type: 'object', properties: { ids: { type: 'array', items: { type: 'integer' } } }, required: ['ids'] },
  }
  expect(fits('out:{ids:number[]}', schema)).toBe(true)
  expect(fits('out:{ids:string[]}', schema)).toBe(false)
  expect(fits('in:{ids:number[]}', schema)).toBe(false)
})

test('names of fields longer than an item of an index still find what has them, and are kept cut', () => {
  const long = 'x'.repeat(1_500)
  expect(fits(`out:{${long}:string}`, { name: 'LongResponse', fields: { [long]: 'string' } })).toBe(true)
  expect(fits(`out:{${long}:string}`, { name: 'LongResponse', fields: { [`${long}y`]: 'string' } })).toBe(false)
  expect(fits(`in<={${long}:string}`, { name: 'LongRequest', fields: { [long]: '{ a: string }' } })).toBe(false)
  const huge = '\u{1F600}'.repeat(100_000)
  const rows = signatures.declared([{ name: 'Huge', fields: { [huge]: `{ "${long}": { "${long}": string } }` } }])
  expect(
    rows.flatMap(({ fields, names, required }) => [...fields, ...names, ...required]).every((path) => Buffer.byteLength(path) < 1_000),
  ).toBe(true)
})

test('an artifact of many types keeps a bounded number of paths, and the rest is not ruled out', () => {
  const fields = Object.fromEntries(Array.from({ length: 400 }, (_, at) => [`f${at}`, 'string']))
  const rows = signatures.declared(Array.from({ length: 200 }, (_, at) => ({ name: `T${at}`, fields })))
  expect(rows.reduce((sum, row) => sum + row.fields.length, 0)).toBeLessThan(15_000)
  expect(rows).toHaveLength(400)
  expect(rows.at(-1)).toMatchObject({ fields: ['*'], names: [], required: [] })
})

test.each([
  ['', 'neither an input'],
  ['text', 'at character 1'],
  ['in:{text:string', 'closing brace'],
  ['{"input":1}', 'no object'],
  ['{"in":{}}', 'neither input nor output'],
  ['{oops', 'no JSON'],
  ['in:{a:string} in:{b:string} in:{c:string} in:{d:string} in:{e:string}', 'more than 4'],
  ['{"input":{"a\\u0000":"string"}}', 'NUL'],
  ['{"output":{"a\\ud800":"string"}}', 'half of a pair'],
  ['{"output":{"a":"enum[\\u0000]"}}', 'NUL'],
  ['in:{"a\0":string}', 'NUL'],
  [`in:{a:${'x'.repeat(2_000)}}`, 'longer than'],
])('%s is no signature', (text, reason) => {
  expect(() => parseSignatureText(text)).toThrow(reason)
})

test.each(['in:{}', 'in:{text:Foo}', 'in:{text:string,,}', 'in:{text:string[}'])('%s names no type that can be looked for', (text) => {
  expect(() => signatures.wanted(parseSignatureText(text))).toThrow('cannot be looked for')
})

const kind = fc.constantFrom(
  'string',
  'number',
  'integer',
  'boolean',
  'enum[a,b]',
  'enum[a]',
  'string[]',
  'any',
  '{ x: string }',
  '{ x?: number }',
  'string | null',
  'string | number',
)
const fields = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.tuple(kind, fc.boolean()), { minKeys: 1, maxKeys: 4 })
const notation = (of: Record<string, [string, boolean]>) =>
  `{ ${Object.entries(of)
    .map(([name, [type, isOptional]]) => `${name}${isOptional ? '?' : ''}: ${type}`)
    .join(', ')} }`

const compared = fc.record({ own: fields, wanted: fields, direction: fc.constantFrom('in', 'out'), sign: fc.constantFrom('>=', '<=') })

test('the index never leaves out what fits, whatever the types are', () => {
  let fitting = 0
  fc.assert(
    fc.property(compared, ({ own, wanted, direction, sign }) => {
      const declared = Object.fromEntries(Object.entries(own).map(([name, [type, isOptional]]) => [isOptional ? `${name}?` : name, type]))
      if (fits(`${direction}${sign}${notation(wanted)}`, { name: 'Both', fields: declared })) fitting += 1
    }),
    { numRuns: 2_000 },
  )
  expect(fitting).toBeGreaterThan(50)
})

test('whatever is declared is read without a failure', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      signatures.declared(value)
      signatures.declared([value, { name: 'A', fields: value }, { name: 'B', schema: value }, { name: 'C', gtype: value }])
    }),
    { numRuns: 200 },
  )
})

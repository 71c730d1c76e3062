import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson } from '../../src/shared/kernel/http-json.ts'

const parse = (text: string | Buffer, limits?: { depth: number; keys: number }) => parseJson(Buffer.from(text as string), limits)
const refusal = { statusCode: 400, code: 'request.invalid_json' }

test('every harmless JSON value comes through as JSON.parse reads it', () => {
  const harmless = fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.stringify(value))
  fc.assert(
    fc.property(harmless, (text) => {
      fc.pre(!/__proto__|"constructor"|\\u0000|\\ud[89a-f]/i.test(text))
      expect(parse(text)).toEqual(JSON.parse(text))
    }),
  )
})

test('any bytes are a value or a refusal, nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        parseJson(Buffer.from(bytes))
      } catch (error) {
        expect(error).toMatchObject(refusal)
      }
    }),
  )
})

test('D-15: depth and keys are bounded', () => {
  expect(parse('[[1]]', { depth: 2, keys: 0 })).toEqual([[1]])
  expect(() => parse('[[[1]]]', { depth: 2, keys: 0 })).toThrow('nested too deeply')
  expect(parse('[{"a":1},{"b":2}]', { depth: 9, keys: 2 })).toHaveLength(2)
  expect(() => parse('[{"a":1},{"b":2}]', { depth: 9, keys: 1 })).toThrow('too many keys')
})

test('prototype keys are refused at any depth, a package called constructor is not', () => {
  for (const text of ['{"__proto__":1}', '[{"a":{"\\u005f_proto__":{}}}]', '{"constructor":{"prototype":{}}}'])
    expect(() => parse(text)).toThrow('names a prototype')
  expect(parse('{"constructor":"1.0.0"}')).toEqual({ constructor: '1.0.0' })
  expect(parse('{"constructor":["1.0.0"]}')).toEqual({ constructor: ['1.0.0'] })
  expect(parse('{"constructor":{"version":"1.0.0"}}')).toEqual({ constructor: { version: '1.0.0' } })
})

test('what is not UTF-8 is refused', () => {
  expect(() => parse(Buffer.from([0x22, 0xff, 0x22]))).toThrow('not UTF-8')
})

test('10 MiB are inspected in well under a second', () => {
  const text = `[${'"abcdefgh",'.repeat(900_000)}1]`
  const startedAt = performance.now()
  expect(parse(text)).toHaveLength(900_001)
  expect(performance.now() - startedAt).toBeLessThan(1_000)
})

import { Ajv } from 'ajv'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareSymbols } from '../../../src/modules/timescape/diff/compare-symbols.ts'
import { gtypeHashOf, symbolsOf } from '../../../src/modules/timescape/gtype/symbols.ts'
import { type Schema, sampleOf, schemaPairs, schemas } from './schema-arbitraries.ts'

const symbol = (schema: Schema, direction: string) => symbolsOf({ gtypes: [{ name: 'T', fields: {}, schema, direction }] })
const isBreaking = (before: Schema, after: Schema, direction: string): boolean =>
  compareSymbols(symbol(before, direction), symbol(after, direction)).some(({ bump }) => bump === 'major')

// A compiled schema is kept for ever; one instance per run lets it go.
const validator = (schema: Schema) =>
  new Ajv({ strict: false, logger: false, inlineRefs: false, meta: false, validateSchema: false }).compile(asDraft7(schema))

/** A bound that is said to be exclusive is the exclusive bound. */
const asDraft7 = (schema: Schema): Schema =>
  JSON.parse(JSON.stringify(schema), (_key, node) => {
    if (node?.exclusiveMinimum !== true) return node
    const { minimum, ...rest } = node
    return { ...rest, exclusiveMinimum: minimum }
  })

/** Values that are valid under the schema: as many as sixteen tries give. */
function valuesOf(schema: Schema, seed: number): unknown[] {
  let state = seed + 1
  const random = (): number => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  const isValid = validator(schema)
  return Array.from({ length: 16 }, () => sampleOf(schema, random)).filter((value) => isValid(value))
}

test('P7: a type compared with itself has no change, in any direction', () => {
  fc.assert(
    fc.property(schemas, fc.constantFrom('request', 'response', 'both'), (schema, direction) => {
      expect(compareSymbols(symbol(schema, direction), symbol(structuredClone(schema), direction))).toEqual([])
      expect(gtypeHashOf(symbol(schema, direction))).toBe(gtypeHashOf(symbol(structuredClone(schema), direction)))
    }),
    { numRuns: 300 },
  )
})

test('P7: a request type that is said to be compatible takes every value the old one took', () => {
  let safe = 0
  let tried = 0
  fc.assert(
    fc.property(schemaPairs, fc.nat(), ({ before, after }, seed) => {
      if (isBreaking(before, after, 'request')) return
      safe += 1
      const takes = validator(after)
      for (const value of valuesOf(before, seed)) {
        tried += 1
        expect({ value, taken: takes(value), before, after }).toMatchObject({ taken: true })
      }
    }),
    { numRuns: 300 },
  )
  // Otherwise the property would hold for a comparison that calls everything breaking.
  expect(safe).toBeGreaterThan(50)
  expect(tried).toBeGreaterThan(300)
})

test('P7: a response type that is said to be compatible gives no value the old one did not', () => {
  let safe = 0
  fc.assert(
    fc.property(schemaPairs, fc.nat(), ({ before, after }, seed) => {
      if (isBreaking(before, after, 'response')) return
      safe += 1
      const knows = validator(before)
      for (const value of valuesOf(after, seed)) expect({ value, known: knows(value), before, after }).toMatchObject({ known: true })
    }),
    { numRuns: 300 },
  )
  expect(safe).toBeGreaterThan(40)
})

test('P7: a symbol without direction breaks whenever one of the directions does', () => {
  fc.assert(
    fc.property(schemaPairs, ({ before, after }) => {
      const either = isBreaking(before, after, 'request') || isBreaking(before, after, 'response')
      expect(isBreaking(before, after, 'both')).toBe(either)
    }),
    { numRuns: 200 },
  )
})

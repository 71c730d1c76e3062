import { expect, test } from 'vitest'
import { uuidv7 } from '../../../src/shared/types/uuidv7.ts'

test('regression: rows written within one millisecond keep the order in which they were made', () => {
  const ids = Array.from({ length: 20_000 }, uuidv7)
  expect(ids.toSorted()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
})

import { expect, test } from 'vitest'
import { asTransient, releaseBytes } from '../../src/shared/kernel/transient-bytes.ts'

test('only bytes that were marked, and have their memory for themselves, are given back', () => {
  const kept = Buffer.alloc(100_000, 1)
  releaseBytes(kept)
  expect(kept[99_999]).toBe(1)
  const whole = Buffer.alloc(100_000, 2)
  const part = asTransient(whole.subarray(10))
  releaseBytes(part)
  expect(whole[99_999]).toBe(2)
  const own = asTransient(Buffer.from(new ArrayBuffer(100_000)))
  releaseBytes(own)
  expect(own.length).toBe(0)
  expect(() => releaseBytes(own)).not.toThrow()
})

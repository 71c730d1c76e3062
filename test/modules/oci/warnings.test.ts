import fc from 'fast-check'
import { expect, test } from 'vitest'
import { warningHeaders } from '../../../src/modules/oci/warnings.ts'

test('a warning is code 299, no agent, and a quoted text', () => {
  expect(warningHeaders(['1.0.0 is deprecated', 'say "no" \\ ü\n'])).toEqual([
    '299 - "1.0.0 is deprecated"',
    '299 - "say \\"no\\" \\\\ ??"',
  ])
})

test('whatever the texts are, the headers are printable and hold at most 4,096 bytes together', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 2_000, unit: 'binary' })), (texts) => {
      const headers = warningHeaders(texts)
      for (const header of headers) expect(header).toMatch(/^299 - "[\x20-\x7e]*"$/)
      expect(headers.map((header) => `Warning: ${header}\r\n`).join('').length).toBeLessThanOrEqual(4_096)
    }),
  )
  expect(warningHeaders(Array.from({ length: 5 }, () => 'x'.repeat(1_000)))).toHaveLength(4)
})

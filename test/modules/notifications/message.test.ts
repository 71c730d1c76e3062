import fc from 'fast-check'
import { expect, test } from 'vitest'
import { followableKinds, isNoticeKind } from '../../../src/modules/notifications/kinds.ts'
import { boundedData, instantOf, type NotedEvent } from '../../../src/modules/notifications/noted-event.ts'
import { renderMessage } from '../../../src/modules/notifications/webhooks/message.ts'
import { sentenceOf } from '../../../src/modules/notifications/wording.ts'
import { uuidv7 } from '../../../src/shared/types/uuidv7.ts'

const noted = (data: NotedEvent['data'], kind: NotedEvent['kind'] = 'metadata.version_published'): NotedEvent => {
  const names = { namespaceId: uuidv7(), namespace: 'a'.repeat(39), artifactId: uuidv7(), name: 'n'.repeat(255), format: 'generic' }
  return { id: uuidv7(), kind, at: new Date().toISOString(), ...names, manifestDigest: null, advisoryId: null, data }
}

test('a message has at most 64 KiB and nothing a database refuses, whatever an event says', () => {
  const text = fc.constantFrom('x'.repeat(5_000), '\0"\ud800'.repeat(900), 'ü'.repeat(2_500), '\u0001'.repeat(3_000), 'short')
  const anything = fc.dictionary(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.array(text, { maxLength: 25 }), text),
    { maxKeys: 6 },
  )
  fc.assert(
    fc.property(anything, (payload) => {
      const data = boundedData(payload as Record<string, unknown>)
      const text = JSON.stringify(data)
      expect(text).not.toContain('\\u0000')
      expect(text.isWellFormed() && !/\\ud[89ab]/i.test(text)).toBe(true)
      for (const format of ['cloudevents', 'json'] as const) {
        const { body } = renderMessage(noted(data), { format, source: 'https://registry.example' })
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(65_536)
        expect(JSON.stringify(JSON.parse(body).data)).toBe(JSON.stringify(data))
      }
    }),
    { numRuns: 100 },
  )
  const huge = boundedData({ version: '1.0.0', rules: Array(500).fill('x'.repeat(5_000)) })
  expect(huge).toEqual({ version: '1.0.0' })
})

test('of every kind there is a sentence, of one line, that survives whatever an event says', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('reason', 'version', 'tag', 'rules', 'policies', 'url'), fc.jsonValue()), (data) => {
      for (const kind of followableKinds) {
        const sentence = sentenceOf(noted(boundedData(data), kind))
        expect(sentence.length).toBeLessThanOrEqual(300)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the very ones that must not be there
        expect(sentence).toMatch(/^[^\u0000-\u001f\u007f]+$/)
      }
    }),
    { numRuns: 100 },
  )
  expect(['metadata.nonsense', 'toString', '__proto__', ''].map(isNoticeKind)).toEqual([false, false, false, false])
})

test('the time of an event is that of its id', () => {
  expect(Math.abs(Date.parse(instantOf(uuidv7())) - Date.now())).toBeLessThan(1_000)
})

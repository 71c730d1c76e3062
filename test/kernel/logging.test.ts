import { expect, test } from 'vitest'
import { createLogger } from '../../src/shared/kernel/logging.ts'

const collector = () => {
  const lines: string[] = []
  return { lines, write: (line: string) => void lines.push(line) }
}

function logged(fields: object, message = 'it happened'): string {
  const output = collector()
  createLogger({ logLevel: 'info' }, output).info(fields, message)
  const text = output.lines.join('')
  expect(() => JSON.parse(text)).not.toThrow()
  return text
}

test('secret fields are hidden at any depth, and the line stays JSON', () => {
  const line = logged({
    authorization: 'hunter"2',
    request: { headers: { cookie: 'a=hunter2', 'set-cookie': ['a=hunter2', 'b=hunter2'] } },
    a: { b: { c: { password: 'hunter2', accessToken: 'hunter2', client_secret: { deep: 'hunter2' } } } },
    token: 424_242,
  })
  expect(line).not.toMatch(/hunter|424242/)
  expect(line.match(/\[redacted\]/g)).toHaveLength(7)
})

test('secrets inside texts are hidden: credentials, tokens, queries and URLs', () => {
  const line = logged(
    {
      redis: 'redis://:hunter2@redis:6379',
      newPassword: 'hunter2',
      jwt: 'eyJhunter2hunter2.eyJhunter2hunter2.hunter2hunter2',
      url: '/v1/x?a=1&token=hunter2&b=2',
      err: new Error('cannot reach postgres://gati:hunter2@db/gati'),
      note: 'Basic aHVudGVyMg==',
    },
    'sent Bearer hunter2hunter2 with gati_hunter2hunter2',
  )
  expect(line).not.toMatch(/hunter2|aHVudGVyMg/)
  expect(line).toContain('/v1/x?a=1&token=[redacted]&b=2')
  expect(line).toContain('postgres://gati:[redacted]@db/gati')
})

test('what is no secret stays', () => {
  const line = logged({ tokenId: 'id-1', path: '/v1/tokens', message: 'Basic realm="gati"', cookies: 2 })
  expect(line).not.toContain('[redacted]')
})

test('the level decides what is written', () => {
  const output = collector()
  const log = createLogger({ logLevel: 'error' }, output)
  log.warn({}, 'quiet')
  expect(output.lines).toEqual([])
  log.error({}, 'loud')
  expect(JSON.parse(output.lines.join(''))).toMatchObject({ level: 'error', msg: 'loud' })
})

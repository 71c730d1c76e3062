import { expect, test } from 'vitest'
import { fillPath, jsonBody, pathParameters, propertyNames, readOperations } from '../../support/api-operations.ts'
import { type LoginDoor, openLoginDoor } from './login-door.ts'

const existing = {
  ...{ org: 'acme', team: 'core', user: 'org.couchdb.user:mia', rev: '1-a' },
  ...{ token: 'gati_x', key: 'x', login: 'x', poll: 'x' },
}
const segments = [
  '..%2fx',
  '%252e%252e%252f',
  'a%00b',
  'a%0d%0ab',
  '%d0%b0dmin',
  'a%e2%80%aeb',
  '%ff%fe',
  '%',
  '%20',
  'a'.repeat(900),
  'a'.repeat(10_000),
]
const documents = (names: readonly string[]): string[] => [
  ...['[]', '"text"', '1', 'null', '{"a":', '\u0000', '{"__proto__":{"x":1}}', '{"constructor":{"prototype":{}}}', '['.repeat(10_000)],
  ...[{ $gt: 1 }, [[1]], 12.5, 'x'.repeat(10_000), '\u0000', { password: {}, mode: [] }].map((value) =>
    JSON.stringify(Object.fromEntries(names.map((name) => [name, value]))),
  ),
]

async function operationsOf({ kernel }: LoginDoor) {
  const all = await readOperations(kernel.http)
  return all.filter(({ path }) => path.startsWith('/npm/') && !path.endsWith('/probe'))
}

test('D-32 hostile names are refused by every route of a login, and break none', async () => {
  await using door = await openLoginDoor()
  const as = await door.token('admin')
  const operations = await operationsOf(door)
  expect(operations.length).toBeGreaterThan(20)
  const urls = operations.flatMap((operation) =>
    pathParameters(operation).flatMap((parameter) =>
      segments.map((segment) => `${operation.method} ${fillPath(operation, { ...existing, [parameter]: segment })}`),
    ),
  )
  for (const url of urls) {
    const { statusCode, body } = await door.call(url, { as })
    // Whatever it is, it is no token any more.
    const wanted = url.startsWith('DELETE /npm/-/user/token/') && statusCode === 200 ? 200 : 400
    expect(statusCode, `${url.slice(0, 80)} ${body}`).toBeGreaterThanOrEqual(wanted)
    expect(statusCode, `${url.slice(0, 80)} ${body}`).toBeLessThan(500)
  }
}, 60_000)

test('D-32 bodies of any shape are refused by every route of a login, and leave nothing', async () => {
  await using door = await openLoginDoor()
  const as = await door.token('admin')
  for (const operation of await operationsOf(door)) {
    const schema = jsonBody(operation)
    const url = `${operation.method} ${fillPath(operation, existing)}`
    for (const body of schema ? documents(propertyNames(schema)) : []) {
      const { statusCode } = await door.call(url, { as, body })
      expect([400, 413, 429], `${url} ${body.slice(0, 40)}`).toContain(statusCode)
    }
  }
  expect(await door.sql`select name from accounts`).toEqual([{ name: 'admin' }])
}, 60_000)

test('every route that is for somebody is 401 for nobody, and 403 for a credential that may only read where it changes something', async () => {
  await using door = await openLoginDoor()
  const as = await door.token('admin')
  const made = await door.call('POST /v1/tokens', { as, body: { name: 'reader', scopes: ['read'] } })
  const reader = made.json<{ token: string }>().token
  for (const operation of (await operationsOf(door)).filter(({ needsCredential }) => needsCredential)) {
    const route = `${operation.method} ${fillPath(operation, existing)}`
    const body = jsonBody(operation) ? {} : undefined
    expect((await door.call(route, { body })).statusCode, route).toBe(401)
    const { statusCode } = await door.call(route, { as: reader, body })
    // Everybody may end a token of their own.
    if (operation.method !== 'GET' && !operation.path.includes('/tokens/token/')) expect(statusCode, route).toBe(403)
    else expect(statusCode, route).toBeLessThan(500)
  }
})

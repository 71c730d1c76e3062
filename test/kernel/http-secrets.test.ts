import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { DomainError } from '../../src/shared/errors/domain-error.ts'
import { defineHandler } from '../../src/shared/kernel/handler.ts'
import { moduleOf, startHttp } from '../support/http-fixture.ts'

class CodeWanted extends DomainError {
  readonly kind = 'unauthenticated'
  readonly code = 'test.code_wanted'
  override get challenge() {
    return 'OTP'
  }
}

const params = Type.Object({ name: Type.String(), token: Type.String() })
const show = defineHandler({
  method: 'GET',
  url: '/users/:name/tokens/:token',
  auth: 'anonymous',
  secretParams: ['token'],
  summary: 'A secret in the path',
  schema: { params, response: { 200: Type.Object({ token: Type.String() }) } },
  deps: {},
  handle: async ({ params: { token } }) => ({ token }),
})
const logIn = defineHandler({
  method: 'PUT',
  url: '/login',
  auth: 'anonymous',
  ignoresCredentials: true,
  summary: 'Whoever calls',
  schema: { response: { 200: Type.Object({ who: Type.String() }) } },
  deps: {},
  handle: async ({ principal }) => ({ who: principal.username ?? 'nobody' }),
})
const guarded = defineHandler({
  method: 'PUT',
  url: '/guarded',
  auth: 'anonymous',
  summary: 'Wants a code',
  schema: {},
  deps: {},
  handle: () => Promise.reject<undefined>(new CodeWanted('a code, please')),
})
const door = moduleOf('door', [show, logIn, guarded], { prefix: '/door', challenge: () => 'Bearer realm="door"' })

test('a secret parameter of the path reaches the handler, and no line of the log', async () => {
  await using fixture = await startHttp({ modules: [door] })
  for (const secret of ['s3cret', 's3cret%2Fmore', 's3cret?with=query']) {
    const answer = await fixture.http.inject({ url: `/door/users/ann/tokens/${secret}` })
    expect(answer.json<{ token: string }>().token).toContain('s3cret')
  }
  expect(fixture.lines().map(({ path }) => path)).toEqual(Array.from({ length: 3 }, () => '/door/users/ann/tokens/[redacted]'))
  expect(fixture.logText()).not.toContain('s3cret')
})

test('a login hears nothing of the credential that came along, not even that it is no good', async () => {
  await using fixture = await startHttp({ modules: [door] })
  for (const authorization of ['Bearer ann:read', 'Bearer bad', 'nonsense']) {
    const answer = await fixture.http.inject({ method: 'PUT', url: '/door/login', headers: { authorization } })
    expect([answer.statusCode, answer.json()]).toEqual([200, { who: 'nobody' }])
  }
})

test('an error may bring its own challenge', async () => {
  await using fixture = await startHttp({ modules: [door] })
  const answer = await fixture.http.inject({ method: 'PUT', url: '/door/guarded' })
  expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([401, 'OTP'])
})

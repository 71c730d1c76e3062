import { expect, test } from 'vitest'
import { codesOf } from './login-door.ts'
import { openPublishing, password, type Sent } from './open-publishing.ts'
import { npmDocument, packed } from './package-tarball.ts'

test('with a second factor, publishing asks for a code before the body is read; staging does not, approving does', async () => {
  await using door = await openPublishing()
  const document = async (version: string) =>
    npmDocument({ name: '@acme/widget', version }, await packed({ name: '@acme/widget', version }))
  expect((await door.put('@acme/widget', await document('1.0.0'))).status).toBe(201)
  const made = await door.send('POST', '/v1/tokens', { as: 'ann', body: { name: 'ci', scopes: ['publish'] } })
  const authorization = `Bearer ${made.json<{ token: string }>().token}`
  const send = (method: string, path: string, { headers, ...sent }: Sent = {}) =>
    door.send(method, path, { headers: { authorization, ...headers }, ...sent })
  const enrolled = await door.send('POST', '/npm/-/npm/v1/user', { as: 'ann', body: { tfa: { password, mode: 'auth-and-writes' } } })
  const codes = codesOf(enrolled.json<{ tfa: string }>().tfa)
  expect((await door.send('POST', '/npm/-/npm/v1/user', { as: 'ann', body: { tfa: [codes(-1)] } })).status).toBe(200)

  const asked = await send('PUT', '/npm/@acme%2fwidget', { body: 'not even JSON' })
  expect([asked.status, asked.headers.get('www-authenticate')?.toLowerCase()]).toEqual([401, 'otp'])
  const batch = await send('PUT', '/npm/-/pnpm/v1/publish', { body: { packages: [await document('1.1.0')] } })
  expect([batch.status, batch.headers.get('www-authenticate')?.toLowerCase()]).toEqual([401, 'otp'])

  const staged = await send('POST', '/npm/-/stage/package/@acme%2fwidget', { body: await document('1.1.0') })
  expect(staged.status).toBe(201)
  const { stageId } = staged.json<{ stageId: string }>()
  for (const [method, path] of [
    ['POST', `/npm/-/stage/${stageId}/approve`],
    ['DELETE', `/npm/-/stage/${stageId}`],
  ] as const)
    expect((await send(method, path)).status).toBe(401)
  await door.sql`update second_factors set last_step = 0`
  const approved = await send('POST', `/npm/-/stage/${stageId}/approve`, { headers: { 'npm-otp': codes(0) } })
  expect(approved.status).toBe(201)
})

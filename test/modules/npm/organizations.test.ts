import { expect, test } from 'vitest'
import { type LoginDoor, openLoginDoor } from './login-door.ts'

async function withAcme(door: LoginDoor) {
  const [owner, ben, eve] = [await door.token('mia'), await door.token('ben'), await door.token('eve')]
  const made = await door.call('POST /v1/organizations', { as: owner, body: { name: 'acme' } })
  expect(made.statusCode).toBe(201)
  return { owner, ben, eve }
}
const users = '/npm/-/org/acme/user'
const teams = '/npm/-/org/acme/team'
const devs = '/npm/-/team/acme/devs'

test('npm org set, ls and rm: roles of npm and ours, the size, and the last owner', async () => {
  await using door = await openLoginDoor()
  const { owner, ben, eve } = await withAcme(door)
  const set = (as: string, user: string, role?: unknown) =>
    door.call(`PUT ${users}`, { as, body: { user, ...(role !== undefined && { role }) } })
  expect((await set(owner, 'ben')).json()).toEqual({ org: { name: 'acme', size: 2 }, user: 'ben', role: 'developer' })
  expect(
    (await door.sql`select role from account_members join accounts on id = user_id where name = 'ben' and account_id <> user_id`)[0],
  ).toEqual({ role: 'write' })
  expect((await set(owner, 'ben', 'admin')).json()).toMatchObject({ role: 'admin' })
  expect((await door.call(`GET ${users}?format=cli`, { as: ben })).json()).toEqual({ ben: 'admin', mia: 'owner' })
  // Owners are made, and unmade, by owners only.
  expect((await set(ben, 'eve', 'owner')).statusCode).toBe(403)
  expect((await set(ben, 'mia', 'developer')).statusCode).toBe(403)
  expect((await door.call(`DELETE ${users}`, { as: ben, body: { user: 'mia' } })).statusCode).toBe(403)
  expect((await set(owner, 'mia', 'developer')).statusCode).toBe(409)
  expect((await set(ben, 'eve', 'developer')).statusCode).toBe(200)
  // A developer looks, and changes nothing.
  expect((await set(eve, 'eve', 'admin')).statusCode).toBe(403)
  expect((await door.call(`DELETE ${users}`, { as: owner, body: { user: 'eve' } })).statusCode).toBe(200)
  expect((await door.call(`DELETE ${users}`, { as: owner, body: { user: 'eve' } })).statusCode).toBe(404)
  // Outside, it looks like no organization at all.
  for (const route of [`GET ${users}`, `GET ${teams}`, `GET ${devs}/user`]) {
    expect((await door.call(route, { as: eve })).statusCode).toBe(404)
    expect((await door.call(route)).statusCode).toBe(401)
  }
  expect((await set(owner, 'nobody')).statusCode).toBe(404)
  for (const body of [{}, { user: 7 }, { user: ['ben'] }, { user: 'ben', role: 'king' }, { user: '../x' }, []])
    expect((await door.call(`PUT ${users}`, { as: owner, body })).statusCode, JSON.stringify(body)).toBe(400)
  expect(await door.audited()).toEqual(expect.arrayContaining(['member.added', 'member.role_changed', 'member.removed']))
})

test('npm team create, add, ls, rm and destroy', async () => {
  await using door = await openLoginDoor()
  const { owner, ben, eve } = await withAcme(door)
  await door.call(`PUT ${users}`, { as: owner, body: { user: 'ben', role: 'developer' } })
  const made = await door.call(`PUT ${teams}`, { as: owner, body: { name: 'devs', description: null } })
  expect([made.statusCode, made.json()]).toEqual([201, { name: 'devs', description: '' }])
  expect((await door.call(`PUT ${teams}`, { as: owner, body: { name: 'devs' } })).statusCode).toBe(409)
  expect((await door.call(`PUT ${teams}`, { as: ben, body: { name: 'ops' } })).statusCode).toBe(403)
  expect((await door.call(`GET ${teams}?format=cli`, { as: ben })).json()).toEqual(['acme:devs'])
  expect((await door.call(`PUT ${devs}/user`, { as: owner, body: { user: 'ben' } })).json()).toEqual({ ok: true })
  expect((await door.call(`PUT ${devs}/user`, { as: owner, body: { user: 'eve' } })).json()).toMatchObject({ code: 'auth.not_a_member' })
  expect((await door.call(`GET ${devs}/user?format=cli`, { as: ben })).json()).toEqual(['ben'])
  expect((await door.call(`DELETE ${devs}/user`, { as: owner, body: { user: 'ben' } })).statusCode).toBe(200)
  expect((await door.call(`DELETE ${devs}/user`, { as: owner, body: { user: 'ben' } })).statusCode).toBe(404)
  expect((await door.call(`DELETE ${devs}/user`, { as: owner, body: {} })).statusCode).toBe(400)
  expect((await door.call(`DELETE ${devs}`, { as: eve })).statusCode).toBe(404)
  expect((await door.call(`DELETE ${devs}`, { as: owner })).statusCode).toBe(200)
  expect((await door.call(`DELETE ${devs}`, { as: owner })).statusCode).toBe(404)
  expect((await door.call(`GET ${teams}`, { as: ben })).json()).toEqual([])
})

test('with a second factor for writes every change of an organization asks for a code', async () => {
  await using door = await openLoginDoor()
  const { owner } = await withAcme(door)
  const { fresh } = await door.enroll(owner)
  const changes: [string, unknown][] = [
    [`PUT ${users}`, { user: 'ben' }],
    [`PUT ${teams}`, { name: 'devs' }],
    [`PUT ${devs}/user`, { user: 'ben' }],
    [`DELETE ${devs}/user`, { user: 'ben' }],
    [`DELETE ${devs}`, undefined],
    [`DELETE ${users}`, { user: 'ben' }],
  ]
  for (const [route, body] of changes) {
    const asked = await door.call(route, { as: owner, body })
    expect([asked.statusCode, asked.headers['www-authenticate']], route).toEqual([401, 'OTP'])
    expect((await door.call(route, { as: owner, body, otp: await fresh() })).statusCode, route).toBeLessThan(300)
  }
  expect((await door.call(`GET ${users}`, { as: owner })).statusCode).toBe(200)
})

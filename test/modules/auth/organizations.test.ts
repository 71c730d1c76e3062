import { expect, test } from 'vitest'
import { Accounts, Members } from '../../../src/modules/auth/contract.ts'
import { asAdmin, call, register, startAuth } from './support.ts'

async function startAcme() {
  const kernel = await startAuth()
  const [ann, bob, cat] = [await register(kernel, 'ann'), await register(kernel, 'bob'), await register(kernel, 'cat')]
  const created = await call(kernel, 'POST /v1/organizations', { as: ann, body: { name: 'acme', displayName: 'Acme, Inc.' } })
  const status = async (route: string, as: string | undefined, body?: object) =>
    (await call(kernel, route, { ...(as !== undefined && { as }), ...(body && { body }) })).statusCode
  return { kernel, ann, bob, cat, created, members: kernel.resolve(Members), status }
}

test('any user creates an organization and owns it; its profile is public', async () => {
  const { kernel, ann, bob, created, members, status } = await startAcme()
  await using _ = kernel
  expect(created.statusCode).toBe(201)
  const profile = { id: expect.any(String), name: 'acme', displayName: 'Acme, Inc.', verified: false, createdAt: expect.any(String) }
  expect(created.json()).toEqual(profile)
  expect((await call(kernel, 'GET /v1/organizations/acme')).json()).toEqual(profile)
  expect(await members.list(created.json().id)).toEqual([{ username: 'ann', role: 'owner', addedAt: expect.any(String) }])
  expect((await call(kernel, 'GET /v1/organizations', { as: ann })).json()).toEqual({ items: [profile], nextCursor: null })
  expect((await call(kernel, 'GET /v1/organizations', { as: bob })).json()).toEqual({ items: [], nextCursor: null })
  expect(await status('POST /v1/organizations', undefined, { name: 'other' })).toBe(401)
  expect(await status('GET /v1/organizations/ann', undefined)).toBe(404)
})

test('users and organizations share one pool of names', async () => {
  const { kernel, ann, status } = await startAcme()
  await using _ = kernel
  for (const name of ['bob', 'b-ob', 'acme', 'ac-me']) expect(await status('POST /v1/organizations', ann, { name }), name).toBe(409)
  for (const name of ['library', 'npm', 'A', 'x/y']) expect(await status('POST /v1/organizations', ann, { name }), name).toBe(400)
  const taken = await call(kernel, 'POST /v1/users', { body: { username: 'acme', password: 'a long password', email: 'a@example.org' } })
  expect(taken.statusCode).toBe(409)
})

test('admins of an organization change its name to show, others do not', async () => {
  const { kernel, ann, bob, created, members, status } = await startAcme()
  await using _ = kernel
  const body = { displayName: 'Acme' }
  expect(await status('PATCH /v1/organizations/acme', undefined, body)).toBe(401)
  expect(await status('PATCH /v1/organizations/acme', bob, body)).toBe(403)
  await members.set(created.json().id, 'bob', 'write')
  expect(await status('PATCH /v1/organizations/acme', bob, body)).toBe(403)
  await members.set(created.json().id, 'bob', 'admin')
  expect((await call(kernel, 'PATCH /v1/organizations/acme', { as: bob, body })).json()).toMatchObject(body)
  expect(await status('PATCH /v1/organizations/acme', asAdmin, body)).toBe(200)
  expect(await status('PATCH /v1/organizations/none', ann, body)).toBe(404)
})

test('a namespace keeps an owner, and a user its own namespace', async () => {
  const { kernel, created, members } = await startAcme()
  await using _ = kernel
  const { id } = created.json()
  await expect(members.remove(id, 'ann')).rejects.toMatchObject({ code: 'auth.last_owner' })
  await expect(members.set(id, 'ann', 'admin')).rejects.toMatchObject({ code: 'auth.last_owner' })
  await members.set(id, 'bob', 'owner')
  const both = await Promise.allSettled([members.remove(id, 'ann'), members.remove(id, 'bob')])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const ann = await kernel.resolve(Accounts).find('ann')
  await members.set(ann?.id ?? '', 'bob', 'owner')
  await expect(members.remove(ann?.id ?? '', 'ann')).rejects.toMatchObject({ code: 'auth.last_owner' })
  await expect(members.remove(id, 'cat')).rejects.toMatchObject({ code: 'auth.member_not_found' })
  await expect(members.set(id, 'nobody', 'read')).rejects.toMatchObject({ code: 'auth.user_not_found' })
})

test('the last owner of an organization cannot be deleted', async () => {
  const { kernel, ann, created, members, status } = await startAcme()
  await using _ = kernel
  expect((await call(kernel, 'DELETE /v1/users/ann', { as: ann })).json()).toMatchObject({ code: 'auth.last_owner' })
  await members.set(created.json().id, 'bob', 'owner')
  expect(await status('DELETE /v1/users/ann', ann)).toBe(204)
  expect((await members.list(created.json().id)).map(({ username }) => username)).toEqual(['bob'])
})

test('teams are made by admins, seen by members and hidden from everybody else', async () => {
  const { kernel, ann, bob, cat, created, members, status } = await startAcme()
  await using _ = kernel
  await members.set(created.json().id, 'bob', 'read')
  const teams = '/v1/organizations/acme/teams'
  const made = await call(kernel, `POST ${teams}`, { as: ann, body: { name: 'core', description: 'the core' } })
  expect(made.statusCode).toBe(201)
  expect(await status(`POST ${teams}`, ann, { name: 'core' })).toBe(409)
  expect(await status(`POST ${teams}`, ann, { name: 'Core' })).toBe(400)
  expect(await status(`POST ${teams}`, bob, { name: 'mine' })).toBe(403)
  expect(await status(`POST ${teams}`, cat, { name: 'mine' })).toBe(404)
  expect(await status(`GET ${teams}`, undefined)).toBe(401)
  expect(await status(`GET ${teams}`, cat)).toBe(404)
  expect((await call(kernel, `GET ${teams}`, { as: bob })).json()).toEqual({ items: [made.json()], nextCursor: null })

  expect(await status(`PUT ${teams}/core/members/bob`, ann)).toBe(204)
  expect(await status(`PUT ${teams}/core/members/bob`, ann)).toBe(204)
  expect((await call(kernel, `PUT ${teams}/core/members/cat`, { as: ann })).json()).toMatchObject({ code: 'auth.not_a_member' })
  expect(await status(`PUT ${teams}/core/members/nobody`, ann)).toBe(404)
  expect(await status(`PUT ${teams}/none/members/bob`, ann)).toBe(404)
  expect((await call(kernel, `GET ${teams}/core`, { as: bob })).json()).toEqual({ ...made.json(), members: ['bob'] })
  expect((await call(kernel, `PATCH ${teams}/core`, { as: ann, body: { description: 'new' } })).json()).toMatchObject({
    description: 'new',
  })

  await members.remove(created.json().id, 'bob')
  expect((await call(kernel, `GET ${teams}/core`, { as: ann })).json()).toMatchObject({ members: [] })
  expect(await status(`DELETE ${teams}/core/members/bob`, ann)).toBe(404)
  expect(await status(`DELETE ${teams}/core`, ann)).toBe(204)
  expect(await status(`GET ${teams}/core`, ann)).toBe(404)
})

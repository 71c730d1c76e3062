import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../../src/modules/auth/audit-chain.ts'
import { Sequencer } from '../../../src/modules/auth/audit-sequencer.ts'
import { Accounts, Audit, Grants, Members } from '../../../src/modules/auth/contract.ts'
import { Database, Transaction } from '../../../src/shared/kernel/database.ts'
import { createTestHome, type TestKernel } from '../../../src/shared/testing/start-test-kernel.ts'
import { uuidv7 } from '../../../src/shared/types/uuidv7.ts'
import { actions, admin, asAdmin, bearer, call, createToken, login, password, register, startAuth } from './support.ts'

const verify = async (kernel: TestKernel) => (await call(kernel, 'GET /v1/audit/verify', { as: asAdmin })).json()

test('D-28 every mutation of this module leaves its row', async () => {
  await using kernel = await startAuth()
  const ann = await register(kernel, 'ann')
  await register(kernel, 'bob')
  const acme = (await call(kernel, 'POST /v1/organizations', { as: ann, body: { name: 'acme' } })).json().id
  const [members, grants, artifact] = [kernel.resolve(Members), kernel.resolve(Grants), uuidv7()]
  const session = await login(kernel, 'ann')
  const refreshed = (await call(kernel, 'POST /v1/auth/refresh', { body: { refreshToken: session.refreshToken } })).json()
  const { id } = await createToken(kernel, ann)
  const teams = '/v1/organizations/acme/teams'
  // Without a function: it has happened above.
  const table: [string, (() => Promise<unknown>)?][] = [
    ['user.created'],
    ['organization.created'],
    ['login.succeeded'],
    ['session.refreshed'],
    ['token.created'],
    ['login.failed', () => call(kernel, 'POST /v1/auth/login', { body: { username: 'ann', password: 'wrong' } })],
    ['session.revoked', () => call(kernel, 'POST /v1/auth/logout', { as: bearer(refreshed.accessToken) })],
    ['token.revoked', () => call(kernel, `DELETE /v1/tokens/${id}`, { as: ann })],
    ['organization.updated', () => call(kernel, 'PATCH /v1/organizations/acme', { as: ann, body: { displayName: 'A' } })],
    ['member.added', () => members.set(acme, 'bob', 'read')],
    ['member.role_changed', () => members.set(acme, 'bob', 'write')],
    ['team.created', () => call(kernel, `POST ${teams}`, { as: ann, body: { name: 'core' } })],
    ['team.updated', () => call(kernel, `PATCH ${teams}/core`, { as: ann, body: { description: 'x' } })],
    ['team.member_added', () => call(kernel, `PUT ${teams}/core/members/bob`, { as: ann })],
    ['grant.set', () => grants.set({ artifactId: artifact }, { kind: 'team', name: 'acme/core' }, 'write')],
    ['grant.removed', () => grants.remove({ artifactId: artifact }, { kind: 'team', name: 'acme/core' })],
    ['team.member_removed', () => call(kernel, `DELETE ${teams}/core/members/bob`, { as: ann })],
    ['team.deleted', () => call(kernel, `DELETE ${teams}/core`, { as: ann })],
    ['member.removed', () => members.remove(acme, 'bob')],
    ['user.updated', () => call(kernel, 'PATCH /v1/users/me', { as: ann, body: { email: 'new@example.org' } })],
    ['user.standing_changed', () => call(kernel, 'PATCH /v1/users/bob', { as: asAdmin, body: { isAdmin: true } })],
    ['user.deleted', () => call(kernel, 'DELETE /v1/users/bob', { as: asAdmin })],
    [
      'user.password_changed',
      () => call(kernel, 'PATCH /v1/users/me', { as: ann, body: { password: 'a new password', currentPassword: password } }),
    ],
  ]
  for (const [action, mutate] of table) {
    const count = async () => (await actions(kernel)).filter((one) => one === action).length
    const before = await count()
    await mutate?.()
    if (mutate) expect(await count(), action).toBe(before + 1)
    else expect(before, action).toBeGreaterThan(0)
  }
  expect(await verify(kernel)).toMatchObject({ ok: true })
})

test('D-28 a row says who, from where and in which request, and no row holds a secret', async () => {
  await using kernel = await startAuth()
  const ann = await register(kernel, 'ann')
  const { token } = await createToken(kernel, ann)
  const { accessToken, refreshToken } = await login(kernel, 'ann')
  await call(kernel, 'POST /v1/auth/login', { body: { username: 'hunter2-typed-here', password: 'wrong' } })
  const answer = await call(kernel, 'GET /v1/audit?limit=1000', { as: asAdmin })
  for (const secret of [token, accessToken, refreshToken, password, admin.password, 'hunter2', 'argon2'])
    expect(answer.body).not.toContain(secret)
  const items: { action: string }[] = answer.json().items
  expect(items.find(({ action }) => action === 'login.succeeded')).toMatchObject({
    actor: 'ann',
    actorId: expect.any(String),
    ip: '127.0.0.1',
    requestId: expect.any(String),
    subject: 'ann',
  })
  expect(items.find(({ action }) => action === 'token.created')).toMatchObject({
    actor: 'ann',
    subject: 'test',
    after: { scopes: ['read'] },
  })
  expect(items.find(({ action }) => action === 'login.failed')).toMatchObject({ subject: 'unknown user', subjectId: null })
  expect(items.at(-1)).toMatchObject({ action: 'user.created', actor: 'system', subject: 'admin' })
})

test('a mutation that fails leaves no row', async () => {
  await using kernel = await startAuth()
  await register(kernel, 'ann')
  const before = await actions(kernel)
  const { transaction, audit } = { transaction: kernel.resolve(Transaction), audit: kernel.resolve(Audit) }
  const failing = transaction.run(async () => {
    await audit.record({ action: 'thing.changed', subject: 'x' })
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await actions(kernel)).toEqual(before)
})

test('the log is listed a page at a time, and by namespace, actor and action', async () => {
  await using kernel = await startAuth()
  const ann = await register(kernel, 'ann')
  const bob = await register(kernel, 'bob')
  await call(kernel, 'POST /v1/organizations', { as: ann, body: { name: 'acme' } })
  const all = await actions(kernel)
  const paged: string[] = []
  for (let cursor = ''; ; ) {
    const page = (await call(kernel, `GET /v1/audit?limit=2${cursor}`, { as: asAdmin })).json()
    paged.push(...page.items.map((item: { action: string }) => item.action))
    if (page.nextCursor === null) break
    cursor = `&cursor=${page.nextCursor}`
  }
  expect(paged).toEqual(all)
  const of = async (query: string, as: string) => {
    const answer = await call(kernel, `GET /v1/audit${query}`, { as })
    return answer.statusCode === 200 ? answer.json().items.map((item: { subject: string }) => item.subject) : answer.statusCode
  }
  expect(await of('?namespace=acme', ann)).toEqual(['acme'])
  expect(await of('?namespace=acme', asAdmin)).toEqual(['acme'])
  expect(await of('?namespace=acme', bob)).toBe(404)
  expect(await of('?namespace=none', bob)).toBe(404)
  expect(await of('', ann)).toBe(403)
  expect(await of('?actor=ann', asAdmin)).toEqual(['acme'])
  expect(await of('?action=user.created', asAdmin)).toEqual(['bob', 'ann', 'admin'])
  expect(await of('?action=x', asAdmin)).toBe(400)
  expect(await of('?cursor=AAAA', asAdmin)).toBe(400)
  expect((await call(kernel, 'GET /v1/audit/verify', { as: ann })).statusCode).toBe(403)
})

test('design.md §3 every row is chained within a second, by one of several processes', async () => {
  await using home = await createTestHome()
  await using one = await startAuth({ home })
  await using two = await startAuth({ home })
  await register(one, 'ann')
  const record = (kernel: TestKernel) =>
    Promise.all(Array.from({ length: 50 }, (_, index) => kernel.resolve(Audit).record({ action: 'thing.changed', subject: `${index}` })))
  await Promise.all([record(one), record(two)])
  const waiting = async () => (await one.resolve(Database).sql`select from audit_log where seq is null`).length
  await expect.poll(waiting, { timeout: 1_000, interval: 20 }).toBe(0)
  expect(await verify(one)).toEqual({ ok: true, entries: expect.any(Number) })
  expect((await verify(two)).entries).toBeGreaterThan(100)
})

test('rows that a killed process left without a link are chained at the next start', async () => {
  await using home = await createTestHome()
  await using one = await startAuth({ home })
  await one.resolve(Sequencer)[Symbol.asyncDispose]()
  await one.resolve(Audit).record({ action: 'thing.changed', subject: 'x' })
  await using two = await startAuth({ home })
  const waiting = async () => (await two.resolve(Database).sql`select from audit_log where seq is null`).length
  await expect.poll(waiting, { timeout: 5_000 }).toBe(0)
})

test('D-28 the log is append-only, and what is changed past the database is found', async () => {
  await using kernel = await startAuth()
  for (const name of ['ann', 'bob', 'cat']) await register(kernel, name)
  expect(await verify(kernel)).toMatchObject({ ok: true })
  const database = kernel.resolve(Database)
  await expect(database.sql`update audit_log set actor = 'nobody'`).rejects.toThrow(/append-only/)
  await expect(database.sql`update audit_log set seq = seq + 1000`).rejects.toThrow(/append-only/)
  await expect(database.sql`delete from audit_log`).rejects.toThrow(/append-only/)
  await expect(database.sql`truncate audit_log`).rejects.toThrow(/append-only/)
  await database.sql`alter table audit_log disable trigger all`
  await database.sql`update audit_log set actor = 'nobody' where seq = 3`
  expect(await verify(kernel)).toEqual({ ok: false, entries: 3, firstBadSeq: 3 })
  await database.sql`delete from audit_log where seq = 2`
  expect(await verify(kernel)).toMatchObject({ ok: false, firstBadSeq: 2 })
})

test('no accounts are lost between the audit log and the accounts', async () => {
  await using kernel = await startAuth()
  await register(kernel, 'ann')
  const found = await kernel.resolve(Accounts).find('ann')
  expect((await kernel.resolve(Accounts).byIds([found?.id ?? '', uuidv7()])).get(found?.id ?? '')).toEqual(found)
})

test('one value has one canonical spelling', () => {
  expect(canonicalJson({ b: 1, a: [{ d: null, c: 'x' }], e: undefined })).toBe('{"a":[{"c":"x","d":null}],"b":1}')
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      expect(canonicalJson(Object.fromEntries(Object.entries(value).reverse()))).toBe(canonicalJson(value))
    }),
  )
})

import { randomUUID } from 'node:crypto'
import { type TOTP, URI } from 'otpauth'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ApiTokens, SecondFactor } from '../../../src/modules/auth/logins.contract.ts'
import { TrustedPublishingUpkeep } from '../../../src/modules/auth/trusted-publishing/trusted-publishing.service.ts'
import { Access } from '../../../src/modules/metadata/packages.contract.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { packTarball, publishDocument } from '../../support/npm-package.ts'
import { type FakeIssuer, openIssuer, trusted } from './fake-issuer.ts'
import { openDoor, password } from './open-door.ts'

let github: FakeIssuer
let door: Awaited<ReturnType<typeof openDoor>>
beforeAll(async () => {
  github = await openIssuer()
  door = await openDoor({
    kernel: { publicUrl: 'https://registry.example.org', outboundAllow: ['127.0.0.1'] },
    settings: {
      auth: {
        trustedIssuers: [
          { type: 'github', issuer: github.url },
          { type: 'custom', issuer: 'https://issuer.example.org/own' },
        ],
      },
    },
  })
  for (const name of ['acme', 'stranger', 'helper']) await door.register(name)
  await door.publish(await door.person('acme'), '@acme/widget', '1.0.0')
})
afterAll(async () => {
  await door[Symbol.asyncDispose]()
  await github.close()
})

const add = (name: string, body: object, as = 'acme') => door.call(`POST /-/package/${name}/trust`, { as, body })
const list = async (name: string, as = 'acme') =>
  (await door.call(`GET /-/package/${name}/trust`, { as })).body as { id: string; createdBy: string }[]
const exchange = async (name: string, claims = {}) => {
  const bearer = await github.mint(claims)
  const { status, body } = await door.call(`POST /-/npm/v1/oidc/token/exchange/package/${name}`, { bearer })
  return { status, ...(body as { token?: string; message?: string; code?: string }) }
}
const stage = async (bearer: string, name: string, version: string) =>
  door.call(`POST /-/stage/package/${name.replace('/', '%2f')}`, {
    bearer,
    body: publishDocument({ name, version }, await packTarball({ name, version })),
  })
const forRepository = (repository: string) => ({ ...trusted, claims: { repository, workflow_ref: { file: 'publish.yml' } } })

test('publishers are added, listed and taken away as npm trust does it, and many at a time', async () => {
  const added = await add('@acme%2fwidget', [trusted, forRepository('acme/second')])
  expect(added.status).toBe(201)
  expect(added.body).toMatchObject([
    {
      id: expect.any(String),
      type: 'github',
      claims: trusted.claims,
      permissions: ['createPackage'],
      createdBy: 'acme',
      issuer: github.url,
    },
    { claims: { repository: 'acme/second' } },
  ])
  const listed = await list('@acme%2fwidget')
  expect(listed).toEqual(added.body)
  expect((await add('@acme%2fwidget', [trusted])).body).toMatchObject({ code: 'auth.publisher_exists' })
  for (const { id } of listed) expect((await door.call(`DELETE /-/package/@acme%2fwidget/trust/${id}`, { as: 'acme' })).status).toBe(204)
  expect(await list('@acme%2fwidget')).toEqual([])
  expect((await door.call(`DELETE /-/package/@acme%2fwidget/trust/${listed[0]?.id}`, { as: 'acme' })).status).toBe(404)
  expect((await door.call('DELETE /-/package/@acme%2fwidget/trust/nonsense', { as: 'acme' })).status).toBe(404)
})

test('a publisher that is taken away takes its tokens along', async () => {
  const [publisher] = (await add('@acme%2fwidget', [trusted])).body as { id: string }[]
  const { token = '' } = await exchange('@acme%2fwidget')
  await expect(door.identify(token)).resolves.toBeDefined()
  await door.call(`DELETE /-/package/@acme%2fwidget/trust/${publisher?.id}`, { as: 'acme' })
  await expect(door.identify(token)).rejects.toMatchObject({ code: 'auth.invalid_credentials' })
  expect((await exchange('@acme%2fwidget')).status).toBe(403)
})

test('only who manages the package may see or change whom it trusts', async () => {
  await add('@acme%2fwidget', [forRepository('acme/third')])
  const before = await list('@acme%2fwidget')
  await door.publish(await door.person('acme'), 'in-public', '1.0.0')
  for (const [name, status] of [
    ['@acme%2fwidget', 404],
    ['in-public', 403],
  ] as const) {
    expect((await add(name, [trusted], 'stranger')).status).toBe(status)
    expect((await door.call(`GET /-/package/${name}/trust`, { as: 'stranger' })).status).toBe(status)
    expect((await door.call(`DELETE /-/package/${name}/trust/${before[0]?.id}`, { as: 'stranger' })).status).toBe(status)
  }
  expect((await door.call('GET /-/package/@acme%2fwidget/trust')).status).toBe(401)
  expect((await add('@acme%2fnew', [trusted], 'stranger')).status).toBe(404)
  expect((await add('@nobody%2fnew', [trusted], 'stranger')).status).toBe(404)
  expect(before.length).toBeGreaterThan(0)
  expect(await list('@acme%2fwidget')).toEqual(before)
})

test.each([
  [{ type: 'github', claims: { repository: 'acme' } }],
  [{ type: 'github', claims: { repository: 'acme/widget', workflow_ref: { file: '../publish.yml' } } }],
  [{ type: 'github', claims: { ...trusted.claims, more: 'x' } }],
  [{ type: 'github', claims: { ...trusted.claims, environment: 'a\u0000b' } }],
  [{ type: 'github', claims: trusted.claims, issuer: 'https://issuer.example.org' }],
  [{ type: 'github', claims: trusted.claims, permissions: ['everything'] }],
  [{ type: 'gitlab', claims: { project_path: 'a/b', ci_config_ref_uri: { file: '.gitlab-ci.yml' } } }],
  [{ type: 'custom', claims: {} }],
  [{ type: 'custom', claims: { 'a\u0000': 'x' } }],
  [{ type: 'custom', claims: { a: 'x\u0000' } }],
  [{ type: 'custom', claims: { a: 1 } }],
  [{ type: 'other', claims: {} }],
])('%j is refused', async (publisher) => {
  expect((await add('@acme%2fwidget', [publisher])).status).toBe(400)
})

test('a pending publisher creates the package with its first publish', async () => {
  expect((await add('@acme%2fpending', [trusted])).status).toBe(201)
  const { token = '' } = await exchange('@acme%2fpending')
  const principal = await door.identify(token)
  await expect(door.publish(principal, '@acme/elsewhere', '1.0.0')).rejects.toThrow()
  await expect(door.publish(principal, '@acme/pending', '1.0.0')).resolves.toMatchObject({ version: '1.0.0' })
  expect(await list('@acme%2fpending')).toHaveLength(1)
})

test('a pending publisher of an unscoped name works for whoever gets the name, and reserves nothing', async () => {
  expect((await add('quick-one', [trusted], 'stranger')).status).toBe(201)
  expect((await add('quick-one', [trusted], 'helper')).status).toBe(201)
  expect(await list('quick-one', 'helper')).toMatchObject([{ createdBy: 'helper' }])
  expect(await list('quick-one', 'acme')).toEqual([])

  await door.publish(await door.person('helper'), 'quick-one', '1.0.0')
  const { token = '' } = await exchange('quick-one')
  expect((await door.identify(token)).username).toBe('helper')
  await door.publish(await door.identify(token), 'quick-one', '1.0.1')
  // Both are in the list of the owner, who may take the other one away.
  expect(await list('quick-one', 'helper')).toHaveLength(2)
  expect((await door.call('GET /-/package/quick-one/trust', { as: 'stranger' })).status).toBe(403)
})

test('a publisher whose user may not publish any more is refused, and the repository is told why', async () => {
  expect((await add('taken-over', [forRepository('stranger/tool')], 'stranger')).status).toBe(201)
  await door.publish(await door.person('acme'), 'taken-over', '1.0.0')
  const workflow_ref = 'stranger/tool/.github/workflows/publish.yml@refs/heads/main'
  const answer = await exchange('taken-over', { repository: 'stranger/tool', workflow_ref })
  expect(answer).toMatchObject({ status: 403, message: expect.stringContaining('stranger, who set up the trusted publisher') })
})

test('a publisher that may only stage gets a token that publishes nothing and makes no other token', async () => {
  await add('@acme%2fwidget', [{ ...forRepository('acme/stager'), permissions: ['createStagedPackage'] }])
  const workflow_ref = 'acme/stager/.github/workflows/publish.yml@refs/heads/main'
  const { token = '' } = await exchange('@acme%2fwidget', { repository: 'acme/stager', workflow_ref })
  const principal = await door.identify(token)
  expect(principal.stagesOnly).toBe(true)
  await expect(door.publish(principal, '@acme/widget', '7.0.0')).rejects.toMatchObject({ kind: 'forbidden' })
  const other = await door.kernel.http.inject({
    ...{ method: 'POST', url: '/v1/tokens', headers: { authorization: `Bearer ${token}` } },
    payload: { name: 'more', scopes: ['publish'], artifacts: ['acme/widget'] },
  })
  expect(other.statusCode).toBe(403)

  const staged = await stage(token, '@acme/widget', '7.0.0')
  expect(staged.status).toBe(201)
  const { stageId } = staged.body as { stageId: string }
  expect((await door.call(`POST /-/stage/${stageId}/approve`, { bearer: token })).status).toBe(404)
  expect((await door.call(`POST /-/stage/${stageId}/approve`, { as: 'acme' })).status).toBe(201)
})

test('a second factor is asked for where trust is given and taken away', async () => {
  await door.register('careful')
  await door.publish(await door.person('careful'), '@careful/tool', '1.0.0')
  const careful = await door.person('careful')
  const { token } = await door.kernel.resolve(ApiTokens).create(careful, { name: 'laptop', scopes: ['admin'] })
  const secondFactor = door.kernel.resolve(SecondFactor)
  const uri = (await secondFactor.enroll(careful, { password, mode: 'auth-and-writes' })) ?? ''
  await secondFactor.confirm(careful, (URI.parse(uri) as TOTP).generate())

  const asked = await door.call('POST /-/package/@careful%2ftool/trust', { bearer: token, body: [trusted] })
  expect(asked).toMatchObject({ status: 401, headers: { 'www-authenticate': expect.stringMatching(/otp/i) } })
  expect((await door.call(`DELETE /-/package/@careful%2ftool/trust/${randomUUID()}`, { bearer: token })).status).toBe(401)
  expect((await door.call('GET /-/package/@careful%2ftool/trust', { bearer: token })).body).toEqual([])

  // Whatever the user's mode, the package may want it.
  await secondFactor.enroll(careful, { password, mode: 'auth-only' })
  await door.kernel.resolve(Access).setPublishFactor(careful, { namespace: 'careful', name: 'tool', format: 'npm' }, 'overridable')
  expect((await door.call('POST /-/package/@careful%2ftool/trust', { bearer: token, body: [trusted] })).status).toBe(401)
  expect((await door.call(`DELETE /-/package/@careful%2ftool/trust/${randomUUID()}`, { bearer: token })).status).toBe(401)
  expect((await door.call('GET /-/package/@careful%2ftool/trust', { bearer: token })).body).toEqual([])
})

test('what has expired is dropped, and nothing before', async () => {
  await add('@acme%2fupkeep', [trusted])
  const { token = '' } = await exchange('@acme%2fupkeep')
  const upkeep = door.kernel.resolve(TrustedPublishingUpkeep)
  const { sql } = door.kernel.resolve(Database)
  expect(await upkeep.dropExpired(100)).toBe(0)
  await sql`update used_id_tokens set expires_at = now() - interval '1 second'`
  await sql`update tokens set expires_at = now() - interval '2 hours' where trusted_publisher_id is not null`
  expect(await upkeep.dropExpired(100)).toBeGreaterThan(0)
  expect(await sql`select 1 from used_id_tokens`).toEqual([])
  await expect(door.identify(token)).rejects.toThrow()
})

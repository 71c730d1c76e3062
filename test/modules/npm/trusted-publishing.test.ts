import { createHmac, randomBytes } from 'node:crypto'
import { exportSPKI, generateKeyPair } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Catalog } from '../../../src/modules/metadata/contract.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { audience, type FakeIssuer, now, ofWorkflow, openIssuer, trusted } from './fake-issuer.ts'
import { openDoor } from './open-door.ts'

let github: FakeIssuer
let gitlab: FakeIssuer
let own: FakeIssuer
let door: Awaited<ReturnType<typeof openDoor>>
beforeAll(async () => {
  ;[github, gitlab, own] = await Promise.all([openIssuer(), openIssuer('lab-1'), openIssuer('own-1')])
  const trustedIssuers = [
    { type: 'github', issuer: github.url },
    { type: 'gitlab', issuer: gitlab.url },
    { type: 'custom', issuer: own.url, jwksUrl: `${own.url}/keys`, audience: 'our-registry' },
  ]
  door = await openDoor({
    kernel: { publicUrl: 'https://registry.example.org', outboundAllow: ['127.0.0.1'] },
    settings: { auth: { trustedIssuers } },
  })
  for (const name of ['acme', 'stranger', 'helper']) await door.register(name)
  const acme = await door.person('acme')
  for (const name of ['@acme/widget', '@acme/other', 'widget']) await door.publish(acme, name, '1.0.0')
  for (const name of ['@acme%2fwidget', 'widget']) await trust(name, trusted)
})
afterAll(async () => {
  await door[Symbol.asyncDispose]()
  await Promise.all([github.close(), gitlab.close(), own.close()])
})

async function trust(name: string, publisher: object, as = 'acme') {
  const answer = await door.call(`POST /-/package/${name}/trust`, { as, body: [publisher] })
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
  return (answer.body as { id: string }[])[0]?.id ?? ''
}
const exchange = async (bearer: string, name = '@acme%2fwidget') => {
  const { status, body } = await door.call(`POST /-/npm/v1/oidc/token/exchange/package/${name}`, { bearer })
  const { token = '', message = '', code = '', expires = '' } = (body ?? {}) as Record<string, string>
  return { status, token, message, code, expires }
}
const invalid = (message: string | RegExp) => ({
  status: 401,
  code: 'auth.id_token_invalid',
  message: expect.stringMatching(message),
  token: '',
})
const refused = (message: string | RegExp) => ({
  status: 403,
  code: 'auth.no_trusted_publisher',
  message: expect.stringMatching(message),
  token: '',
})

test('D-21: an id token becomes a token that publishes this one package for 15 minutes, and nothing else', async () => {
  const { status, token, expires } = await exchange(await github.mint())
  expect(status).toBe(201)
  const lifetime = Date.parse(expires) - Date.now()
  expect(lifetime).toBeGreaterThan(14 * 60_000)
  expect(lifetime).toBeLessThanOrEqual(15 * 60_000 + 2_000)

  const principal = await door.identify(token)
  expect(principal).toMatchObject({ username: 'acme', artifacts: ['acme/widget'] })
  expect([...principal.scopes].sort()).toEqual(['publish', 'read'])
  await expect(door.publish(principal, '@acme/widget', '1.1.0')).resolves.toMatchObject({ version: '1.1.0' })
  for (const name of ['@acme/other', '@acme/new', 'widget', 'brand-new'])
    await expect(door.publish(principal, name, '9.0.0')).rejects.toThrow()
  const manage = door.kernel.resolve(Catalog).locate(principal, { namespace: 'acme', name: 'widget', format: 'npm' }, 'manage')
  await expect(manage).rejects.toMatchObject({ kind: 'forbidden' })
  expect((await door.call('GET /-/package/@acme%2fwidget/trust', { bearer: token })).status).toBe(403)
})

test('a token of a trusted publisher is not asked for a second factor', async () => {
  const { token } = await exchange(await github.mint())
  const { grantId } = await door.identify(token)
  const [row] = await door.kernel.resolve(Database).sql<{ bypasses: boolean }>`
    select bypasses_second_factor as bypasses from tokens where id = ${grantId}`
  expect(row?.bypasses).toBe(true)
})

test('the exchange is in the audit log with the subject of the id token, and on behalf of whom', async () => {
  await exchange(await github.mint({ sub: 'repo:acme/widget:for-the-audit' }))
  const [entry] = await door.kernel.resolve(Database).sql<{ actor: string; subject: string; after: object }>`
    select actor, subject, after from audit_log where action = 'trusted_publisher.used' and after->>'oidcSubject' = 'repo:acme/widget:for-the-audit'`
  expect(entry).toMatchObject({ actor: 'acme', subject: 'acme/widget', after: { type: 'github', issuer: github.url } })
})

test('the registry URL may have its path or not, and the scope its own segment', async () => {
  const atRoot = await door.kernel.http.inject({
    method: 'POST',
    url: '/-/npm/v1/oidc/token/exchange/package/@acme/widget',
    headers: { authorization: `Bearer ${await github.mint()}` },
  })
  expect(atRoot.statusCode).toBe(201)
})

test('D-21: an id token is good once, also for another package', async () => {
  const idToken = await github.mint()
  expect((await exchange(idToken)).status).toBe(201)
  for (const name of ['@acme%2fwidget', 'widget'])
    expect(await exchange(idToken, name)).toMatchObject({ status: 401, code: 'auth.id_token_replayed', token: '' })
})

test('D-21: of 8 uses of one id token at once, one succeeds', async () => {
  const idToken = await github.mint()
  const answers = await Promise.all(Array.from({ length: 8 }, () => exchange(idToken)))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
})

test('the one id token of a GitLab job is good once for each package', async () => {
  const publisher = { type: 'gitlab', claims: { project_path: 'acme/tools/widget', ci_config_ref_uri: { file: '.gitlab-ci.yml' } } }
  for (const name of ['@acme%2fwidget', 'widget']) await trust(name, publisher)
  const host = gitlab.url.replace('http://', '')
  const claims = {
    project_path: 'acme/tools/widget',
    project_id: '12',
    ci_config_ref_uri: `${host}/acme/tools/widget//.gitlab-ci.yml@refs/heads/main`,
  }
  const idToken = await gitlab.mint(claims)
  expect((await exchange(idToken)).status).toBe(201)
  expect((await exchange(idToken, 'widget')).status).toBe(201)
  expect((await exchange(idToken)).code).toBe('auth.id_token_replayed')
  const elsewhere = { ...claims, ci_config_ref_uri: `${host}/mallory/widget//.gitlab-ci.yml@refs/heads/main` }
  expect(await exchange(await gitlab.mint(elsewhere))).toMatchObject(refused('pipeline file is none'))
})

test('D-23: what is wrong with an id token is told', async () => {
  const bad = async (minting: Parameters<FakeIssuer['mint']>[1], claims = {}) => exchange(await github.mint(claims, minting))
  expect(await bad({ audience: 'npm:registry.example.invalid' })).toMatchObject(
    invalid(`is for the audience npm:registry.example.invalid, this registry is ${audience}`),
  )
  expect(await bad({ expiresIn: -120, issuedIn: -600 })).toMatchObject(invalid('has expired'))
  expect(await bad({ issuedIn: 240 })).toMatchObject(invalid(/nbf|future/))
  expect(await bad({ expiresIn: 200_000 })).toMatchObject(invalid('longer than a day'))
  expect(await bad({ issuer: 'https://issuer.example.org' })).toMatchObject(invalid('issuer that this registry does not trust'))
  expect(await bad({ header: { kid: 'nobody' } })).toMatchObject(invalid('does not publish'))
  expect(await bad({ header: { kid: undefined } })).toMatchObject(invalid('does not name the key'))
  expect(await bad({}, { pad: 'x'.repeat(8_192) })).toMatchObject(invalid('larger than 8 KiB'))
  const { privateKey } = await generateKeyPair('RS256')
  expect(await bad({ key: privateKey })).toMatchObject(invalid('wrong signature'))
  for (const text of ['', 'x', 'a.b.c', '..', randomBytes(40).toString('base64url')]) expect((await exchange(text)).status).toBe(401)
})

test('D-23: alg none and a signature made with the public key as a secret are refused', async () => {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const payload = encode({ ...ofWorkflow, iss: github.url, aud: audience, iat: now(), exp: now() + 300, jti: 'forged' })
  expect(await exchange(`${encode({ alg: 'none', kid: 'key-1' })}.${payload}.`)).toMatchObject(invalid('signed with none'))
  const head = encode({ alg: 'HS256', kid: 'key-1' })
  const secret = await exportSPKI(github.publicKey)
  const forged = createHmac('sha256', secret).update(`${head}.${payload}`).digest('base64url')
  expect(await exchange(`${head}.${payload}.${forged}`)).toMatchObject(invalid('signed with HS256'))
})

test('D-23: keys that the header of a token brings or names are not looked at', async () => {
  const forger = await openIssuer()
  try {
    const header = { jku: `${forger.url}/keys`, x5u: `${forger.url}/keys`, jwk: forger.state.keys[0] }
    expect(await exchange(await forger.mint({}, { issuer: github.url, header }))).toMatchObject(invalid('wrong signature'))
    expect(forger.state.requests).toEqual([])
    // They are no reason to refuse a token whose issuer is who it says.
    expect((await exchange(await github.mint({}, { header: { jku: `${forger.url}/keys` } }))).status).toBe(201)
  } finally {
    await forger.close()
  }
})

test('a credential of this registry is no id token, and one that is wrong is not refused as such before', async () => {
  const { token } = await exchange(await github.mint())
  expect(await exchange(token)).toMatchObject(invalid('no JSON Web Token'))
  expect((await door.call('POST /-/npm/v1/oidc/token/exchange/package/@acme%2fwidget', { as: 'acme' })).body).toMatchObject({
    code: 'auth.id_token_invalid',
  })
})

test('another workflow, environment or repository is refused, and the reason is told to the repository that is trusted', async () => {
  const as = async (claims: object) => exchange(await github.mint({ ...claims }))
  expect(await as({ environment: 'staging' })).toMatchObject(refused('environment is staging, the trusted publisher wants production'))
  expect(await as({ environment: undefined })).toMatchObject(refused('environment is none'))
  const ci = 'acme/widget/.github/workflows/ci.yml@refs/heads/main'
  expect(await as({ workflow_ref: ci })).toMatchObject(refused('workflow file is ci.yml, the trusted publisher wants publish.yml'))
  const foreign = 'mallory/widget/.github/workflows/publish.yml@refs/heads/main'
  expect(await as({ workflow_ref: foreign, job_workflow_ref: foreign })).toMatchObject(refused('workflow file is none'))
  const tricky = 'acme/widget/.github/workflows/evil.yml@refs/heads/publish.yml@x'
  expect(await as({ workflow_ref: tricky })).toMatchObject(refused('workflow file is evil.yml'))
})

test('a stranger with a good id token learns nothing of packages it is not trusted by', async () => {
  const stranger = () =>
    github.mint({ repository: 'mallory/widget', workflow_ref: 'mallory/widget/.github/workflows/publish.yml@refs/heads/main' })
  const trusting = await exchange(await stranger())
  const untrusting = await exchange(await stranger(), '@acme%2fother')
  const absent = await exchange(await stranger(), '@acme%2fnothing')
  const nowhere = await exchange(await stranger(), '@nobody%2fnothing')
  expect(trusting).toMatchObject(refused('this package has no trusted publisher for repository mallory/widget'))
  for (const other of [untrusting, absent, nowhere]) expect(other).toEqual(trusting)
})

test('every refusal is in the log with its reason', async () => {
  await exchange(await github.mint({ environment: 'nowhere-else' }))
  const reason = expect.stringContaining('environment is nowhere-else')
  expect(door.kernel.log.lines.map(({ fields }) => fields)).toContainEqual(
    expect.objectContaining({ reason, package: 'acme/widget', code: 'auth.no_trusted_publisher' }),
  )
})

test('a repository that took the name of the one that published before is refused', async () => {
  const publisher = { ...trusted, claims: { repository: 'acme/renamed', workflow_ref: { file: 'publish.yml' } } }
  const id = await trust('@acme%2fwidget', publisher)
  const workflow_ref = 'acme/renamed/.github/workflows/publish.yml@refs/heads/main'
  const of = async (repository_id: string) => exchange(await github.mint({ repository: 'acme/renamed', workflow_ref, repository_id }))
  expect((await of('1')).status).toBe(201)
  expect((await of('1')).status).toBe(201)
  expect(await of('2')).toMatchObject(refused('not the one that published before'))
  expect((await door.call(`DELETE /-/package/@acme%2fwidget/trust/${id}`, { as: 'acme' })).status).toBe(204)
})

test('claims of a custom issuer are compared as they are, with its own audience', async () => {
  await trust('@acme%2fother', { type: 'custom', claims: { sub: 'job:release', team: 'core' } })
  const as = async (claims: object, minting = {}) =>
    exchange(await own.mint({ ...claims }, { audience: 'our-registry', ...minting }), '@acme%2fother')
  expect((await as({ sub: 'job:release', team: 'core' })).status).toBe(201)
  expect((await as({ sub: 'job:release', team: 'other' })).status).toBe(403)
  expect((await as({ sub: 'job:release', team: ['core'] })).status).toBe(403)
  expect((await as({ sub: 'job:release', team: 'core' }, { audience })).status).toBe(401)
  // One issuer cannot vouch for what another one is trusted with.
  expect((await exchange(await own.mint({}, { audience: 'our-registry' }))).status).toBe(403)
})

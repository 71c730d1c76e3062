import { expect, test } from 'vitest'
import { Users } from '../../../src/modules/auth/users.service.ts'
import { anonymous } from '../../../src/shared/kernel/principal.ts'
import { startTestKernel } from '../../../src/shared/testing/start-test-kernel.ts'

const password = 'correct horse battery'

test('Q148: a version published over REST is a node of its graph, and the policy block answers 409', async () => {
  await using kernel = await startTestKernel({
    settings: { auth: { passwordMemoryKib: 1_024, passwordPasses: 1, registration: 'open', adminPassword: password } },
  })
  await kernel.resolve(Users).register(anonymous, { username: 'ada', password, email: null })
  const authorization = `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`
  const call = (method: 'GET' | 'PUT' | 'POST', url: string, body?: object) =>
    kernel.http.inject({ method, url, headers: { authorization }, ...(body && { payload: body }) })
  const publish = (version: string, fields: Record<string, string>, name = 'auth') =>
    call('POST', `/v1/artifacts/ada/${name}/${version}`, {
      ...{ type: 'agent', layers: [] },
      manifest: { name, version, config: { runtime: 'js', entry: 'index.js' }, gtypes: [{ name: 'LoginRequest', fields }] },
    })
  const first = await publish('1.0.0', { email: 'string' })
  expect({ status: first.statusCode, body: first.json() }).toMatchObject({ status: 201 })
  // That there is no policy at all is known from here on, and forgotten with the first one.
  const other = [await publish('1.0.0', { email: 'string' }, 'other'), await publish('1.0.1', { otp: 'string' }, 'other')]
  expect(other.map(({ statusCode }) => statusCode)).toEqual([201, 201])
  expect((await call('PUT', '/v1/artifacts/ada/auth/-/timescape-policy', { policy: 'block' })).statusCode).toBe(200)
  const refused = await publish('1.0.1', { email: 'string', otp: 'string' })
  expect([refused.statusCode, refused.json().code]).toEqual([409, 'timescape.breaking_change_undeclared'])
  expect((await publish('2.0.0', { email: 'string', otp: 'string' })).statusCode).toBe(201)
  // A namespace that no policy was found for a moment ago.
  expect((await publish('2.0.0', { otp: 'string' }, 'other')).statusCode).toBe(201)
  expect((await call('PUT', '/v1/namespaces/ada/timescape-policy', { policy: 'block' })).statusCode).toBe(200)
  expect((await publish('2.0.1', { pin: 'string' }, 'other')).statusCode).toBe(409)
  const graph = async () => (await call('GET', '/v1/artifacts/ada/auth/-/graph')).json()
  await expect.poll(async () => (await graph()).edges?.[0]?.contentState, { timeout: 15_000, interval: 50 }).toBe('done')
  const { nodes, edges } = await graph()
  expect(nodes.map(({ version }: { version: string }) => version)).toEqual(['2.0.0', '1.0.0'])
  expect(edges).toMatchObject([{ from: '1.0.0', to: '2.0.0', type: 'breaking', undeclared: false, contentState: 'done' }])
})

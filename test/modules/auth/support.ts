import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import auth from '../../../src/modules/auth/module.ts'
import type { AuthSettings } from '../../../src/modules/auth/settings.ts'
import { startTestKernel, type TestHome, type TestKernel } from '../../../src/shared/testing/start-test-kernel.ts'

export const admin = { username: 'admin', password: 'admin-password-1' }
export const password = 'correct horse battery'

export interface StartOptions {
  readonly home?: TestHome
  readonly settings?: Partial<AuthSettings>
}

/** The module alone on the real kernel, with cheap password hashes and a known administrator. */
export function startAuth({ home, settings }: StartOptions = {}): Promise<TestKernel> {
  return startTestKernel({
    modules: [auth],
    settings: { auth: { adminPassword: admin.password, passwordMemoryKib: 1_024, passwordPasses: 1, ...settings } },
    ...(home && { home }),
  })
}

export const basic = (username: string, secret: string) => `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`
export const bearer = (token: string) => `Bearer ${token}`

interface Call {
  readonly as?: string
  readonly body?: object
  readonly ip?: string
}

export async function call(kernel: TestKernel, route: string, { as, body, ip }: Call = {}): Promise<LightMyRequestResponse> {
  const [method = 'GET', url = '/'] = route.split(' ')
  const options: InjectOptions = {
    method: method as 'GET',
    url,
    ...(body && { payload: body }),
    ...(ip && { remoteAddress: ip }),
    headers: as === undefined ? {} : { authorization: as },
  }
  return kernel.http.inject(options)
}

export const asAdmin = basic(admin.username, admin.password)

/** Registers a user and answers with its credential. */
export async function register(kernel: TestKernel, username: string): Promise<string> {
  const answer = await call(kernel, 'POST /v1/users', { as: asAdmin, body: { username, password, email: `${username}@example.org` } })
  if (answer.statusCode !== 201) throw new Error(answer.body)
  return basic(username, password)
}

interface LoginAnswer {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresAt: string
}
export async function login(kernel: TestKernel, username: string, secret = password): Promise<LoginAnswer> {
  const answer = await call(kernel, 'POST /v1/auth/login', { body: { username, password: secret } })
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return answer.json<LoginAnswer>()
}

export async function createToken(kernel: TestKernel, as: string, body: object = {}): Promise<{ token: string; id: string }> {
  const answer = await call(kernel, 'POST /v1/tokens', { as, body: { name: 'test', scopes: ['read'], ...body } })
  if (answer.statusCode !== 201) throw new Error(answer.body)
  return answer.json<{ token: string; id: string }>()
}

export const actions = async (kernel: TestKernel, namespace?: string): Promise<string[]> => {
  const query = namespace === undefined ? '?limit=1000' : `?limit=1000&namespace=${namespace}`
  const answer = await call(kernel, `GET /v1/audit${query}`, { as: asAdmin })
  return answer.json<{ items: { action: string }[] }>().items.map(({ action }) => action)
}

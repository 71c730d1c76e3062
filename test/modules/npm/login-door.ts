import { Type } from '@sinclair/typebox'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { Secret, TOTP } from 'otpauth'
import { Members, Organizations, Teams } from '../../../src/modules/auth/contract.ts'
import { ApiTokens, Logins, Profiles, SecondFactor, WebLogins } from '../../../src/modules/auth/logins.contract.ts'
import auth from '../../../src/modules/auth/module.ts'
import type { AuthSettings } from '../../../src/modules/auth/settings.ts'
import { loginHandlers } from '../../../src/modules/npm/login/handlers.ts'
import { requireOtp } from '../../../src/modules/npm/login/second-factor.ts'
import { organizationHandlers } from '../../../src/modules/npm/organizations/handlers.ts'
import { inOneSegment } from '../../../src/modules/npm/package-url.ts'
import { renderError } from '../../../src/modules/npm/render-error.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { defineHandler } from '../../../src/shared/kernel/handler.ts'
import { KernelInfo } from '../../../src/shared/kernel/kernel-info.ts'
import { defineModule } from '../../../src/shared/kernel/module.ts'
import { startTestKernel, type TestHome } from '../../../src/shared/testing/start-test-kernel.ts'

export const password = 'correct horse battery'

/** Stands for publishing and every other change. */
const probe = defineHandler({
  method: 'PUT',
  url: '/-/probe',
  auth: 'publish',
  summary: 'A change',
  schema: { response: { 200: Type.Object({ ok: Type.Boolean() }) } },
  deps: { secondFactor: SecondFactor },
  async handle(request, deps) {
    await requireOtp(request, deps)
    return { ok: true }
  },
})

const door = defineModule({
  name: 'login-door',
  description: 'The slices login and organizations alone.',
  config: Type.Object({}),
  deps: {
    ...{ logins: Logins, webLogins: WebLogins, tokens: ApiTokens, profiles: Profiles, secondFactor: SecondFactor },
    ...{ organizations: Organizations, members: Members, teams: Teams, info: KernelInfo },
  },
  provides: {},
  setup: () => ({}),
  handlers: [...loginHandlers, ...organizationHandlers, probe],
  http: { prefix: '/npm', renderError, rewriteUrl: inOneSegment, claimsRoot: (path) => path },
})

export interface Call {
  readonly as?: string
  readonly body?: unknown
  readonly otp?: string
  readonly ip?: string
  readonly headers?: Record<string, string>
}

/** The door on the real kernel with an administrator and cheap hashes. */
export async function openLoginDoor({ home, settings }: { readonly home?: TestHome; readonly settings?: Partial<AuthSettings> } = {}) {
  const cheap = { adminPassword: password, passwordMemoryKib: 1_024, passwordPasses: 1, registration: 'open' as const }
  const kernel = await startTestKernel({ modules: [auth, door], settings: { auth: { ...cheap, ...settings } }, ...(home && { home }) })
  const { sql } = kernel.resolve(Database)
  const call = (route: string, { as, body, otp, ip, headers }: Call = {}): Promise<LightMyRequestResponse> => {
    const [method = 'GET', url = '/'] = route.split(' ')
    const options: InjectOptions = {
      method: method as 'GET',
      url,
      ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(ip !== undefined && { remoteAddress: ip }),
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(as !== undefined && { authorization: as.includes(' ') ? as : `Bearer ${as}` }),
        ...(otp !== undefined && { 'npm-otp': otp }),
        ...headers,
      },
    }
    return kernel.http.inject(options)
  }
  const couch = (name: string, more: object = {}, options: Call = {}) =>
    call(`PUT /npm/-/user/org.couchdb.user:${name}`, { ...options, body: { _id: `org.couchdb.user:${name}`, name, password, ...more } })
  /** Creates the user where it is missing. */
  const token = async (name: string): Promise<string> => {
    const answer = await couch(name)
    if (answer.statusCode !== 201) throw new Error(answer.body)
    return answer.json<{ token: string }>().token
  }
  /** Turns a second factor on, and answers with what makes codes. */
  const enroll = async (as: string, mode = 'auth-and-writes') => {
    const asked = await call('POST /npm/-/npm/v1/user', { as, body: { tfa: { password, mode } } })
    const { tfa } = asked.json<{ tfa: string }>()
    const codes = codesOf(tfa)
    const confirmed = await call('POST /npm/-/npm/v1/user', { as, body: { tfa: [codes(-1)] } })
    if (confirmed.statusCode !== 200) throw new Error(confirmed.body)
    const recovery = confirmed.json<{ tfa: string[] }>().tfa
    /** As if time had passed since the last code: one more may be used. */
    const fresh = async (): Promise<string> => {
      await sql`update second_factors set last_step = 0`
      return codes(0)
    }
    return { uri: tfa, codes, recovery, fresh }
  }
  const audited = async (): Promise<string[]> =>
    (await sql<{ action: string }>`select action from audit_log order by at, id`).map(({ action }) => action)
  return {
    ...{ kernel, sql, call, couch, token, enroll, audited },
    [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose](),
  }
}
export type LoginDoor = Awaited<ReturnType<typeof openLoginDoor>>

/** Codes of an `otpauth:` URI by their distance from now, in steps. */
export function codesOf(uri: string): (steps: number) => string {
  const secret = new URL(uri).searchParams.get('secret') ?? ''
  const totp = new TOTP({ secret: Secret.fromBase32(secret) })
  return (steps) => totp.generate({ timestamp: Date.now() + steps * 30_000 })
}

export const basic = (name: string, secret = password) => `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`

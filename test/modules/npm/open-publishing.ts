import { Organizations } from '../../../src/modules/auth/organizations.service.ts'
import { Users } from '../../../src/modules/auth/users.service.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { startTestKernel, type TestKernelOptions } from '../../../src/shared/testing/start-test-kernel.ts'
import { npmDocument, packed } from './package-tarball.ts'

export const password = 'correct horse battery'
const auth = { passwordMemoryKib: 1_024, passwordPasses: 1, registration: 'open', adminPassword: password }

/** Gives out every name, where upstreams keep scopes from others. */
const administrator: Principal = { isAdmin: true, scopes: new Set(['read', 'publish', 'admin']) }

export interface Sent {
  readonly as?: string
  readonly body?: string | Buffer | object
  readonly headers?: Readonly<Record<string, string>>
}

/** The whole registry behind a real port: `ann` owns the organization `acme`, `bob` nothing. */
export async function openPublishing({ settings, ...options }: TestKernelOptions = {}) {
  const kernel = await startTestKernel({ ...options, settings: { auth, ...settings } })
  const { sql } = kernel.resolve(Database)
  const [ann] = await Promise.all(
    ['ann', 'bob'].map((username) => kernel.resolve(Users).register(administrator, { username, password, email: null })),
  )
  const owner: Principal & { readonly userId: string; readonly username: string } = {
    userId: ann?.id ?? '',
    username: 'ann',
    isAdmin: false,
    scopes: new Set(['read', 'publish', 'admin']),
  }
  await kernel.resolve(Organizations).create({ ...owner, isAdmin: true }, 'acme', undefined)
  await kernel.listen()
  const origin = kernel.http.listeningOrigin

  const basic = (as: string) => `Basic ${Buffer.from(`${as}:${password}`).toString('base64')}`
  const send = async (method: string, path: string, { as, body, headers = {} }: Sent = {}) => {
    const isJson = body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body)
    const content = isJson ? JSON.stringify(body) : (body as string | Buffer | undefined)
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        ...(as && { authorization: basic(as) }),
        ...(isJson && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(content !== undefined && { body: typeof content === 'string' ? content : new Uint8Array(content) }),
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    const json = <T = Record<string, unknown>>(): T => JSON.parse(bytes.toString('utf8')) as T
    const code = response.status >= 400 ? json<{ code?: string }>().code : undefined
    return { status: response.status, headers: response.headers, bytes, json, code }
  }
  const put = (name: string, body: Sent['body'], as = 'ann') =>
    send('PUT', `/npm/${name.replace('/', '%2f')}`, { as, ...(body !== undefined && { body }) })
  /** Publishes a small package. */
  const publish = async (
    name: string,
    version: string,
    more: { readonly tag?: string; readonly as?: string; readonly packageJson?: object } = {},
  ) => {
    const manifest = { name, version, ...more.packageJson }
    const tarball = await packed(manifest, { 'index.js': `module.exports = '${version}'\n` })
    return put(name, npmDocument(manifest, tarball, more), more.as)
  }
  return { kernel, sql, origin, basic, send, put, publish, [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose]() }
}
export type PublishingDoor = Awaited<ReturnType<typeof openPublishing>>

import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import type { InjectOptions } from 'fastify'
import { Publishing } from '../../../src/modules/artifacts/contract.ts'
import { DoorTokens } from '../../../src/modules/auth/contract.ts'
import { parsePackageName } from '../../../src/modules/npm/package-name.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { startTestKernel, type TestKernelOptions } from '../../../src/shared/testing/start-test-kernel.ts'

export const password = 'correct horse battery'

export interface Call {
  /** Name of a user. */
  readonly as?: string
  readonly bearer?: string
  readonly body?: object
}

/** The whole registry, as npm clients call it. */
export async function openDoor(options: TestKernelOptions = {}) {
  const kernel = await startTestKernel({
    ...options,
    settings: {
      ...options.settings,
      auth: { adminPassword: password, passwordMemoryKib: 1_024, passwordPasses: 1, registration: 'open', ...options.settings?.['auth'] },
    },
  })
  const call = async (route: string, { as, bearer, body }: Call = {}) => {
    const [method = 'GET', url = '/'] = route.split(' ')
    const authorization = as === undefined ? bearer && `Bearer ${bearer}` : `Basic ${Buffer.from(`${as}:${password}`).toString('base64')}`
    const answer = await kernel.http.inject({
      ...{ method: method as NonNullable<InjectOptions['method']>, url: `/npm${url}` },
      headers: authorization ? { authorization } : {},
      ...(body && { payload: body }),
    })
    if (answer.statusCode === 500) throw new Error(`${route}: ${answer.body}`)
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: answer.body === '' ? undefined : (JSON.parse(answer.body) as unknown),
    }
  }
  const register = async (username: string) => {
    const payload = { username, password, email: `${username}@example.org` }
    const answer = await kernel.http.inject({ method: 'POST', url: '/v1/users', payload })
    if (answer.statusCode !== 201) throw new Error(answer.body)
  }
  const identify = (token: string): Promise<Principal> => kernel.resolve(DoorTokens).identify({ token })
  const person = (username: string): Promise<Principal> => kernel.resolve(DoorTokens).identify({ username, password })
  /** Bytes that are no package, by the name of one. */
  const publish = async (principal: Principal, name: string, version: string) => {
    const ref = parsePackageName(name)
    if (!ref) throw new Error(`no package is called ${name}`)
    const body = Readable.from([gzipSync(randomBytes(16))])
    const content = { version, body, metadata: { name: ref.name, version }, bare: true as const }
    return (await kernel.resolve(Publishing).publishBlob(principal, { ...ref, type: 'module-node' }, content)).version
  }
  return { kernel, call, register, identify, person, publish, [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose]() }
}

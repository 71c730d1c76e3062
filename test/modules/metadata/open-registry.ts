import { createHash, randomBytes } from 'node:crypto'
import auth from '../../../src/modules/auth/module.ts'
import { Users } from '../../../src/modules/auth/users.service.ts'
import { Catalog, type NewVersion, type PublishTarget, type Version } from '../../../src/modules/metadata/contract.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import { Database, Transaction } from '../../../src/shared/kernel/database.ts'
import { anonymous, type Principal } from '../../../src/shared/kernel/principal.ts'
import { startTestKernel, type TestKernelOptions } from '../../../src/shared/testing/start-test-kernel.ts'

const password = 'correct horse battery'
const cheapPasswords = { passwordMemoryKib: 1_024, passwordPasses: 1, registration: 'open', adminPassword: password }

/** A registry of accounts and metadata alone, with the people and versions a test asks for. */
export async function openRegistry(options: TestKernelOptions = {}) {
  const settings = { ...options.settings, auth: cheapPasswords }
  const kernel = await startTestKernel({ modules: [auth, metadata], ...options, settings })
  const { sql } = kernel.resolve(Database)
  const transaction = kernel.resolve(Transaction)
  const catalog = kernel.resolve(Catalog)

  const user = async (username: string): Promise<Principal & { readonly userId: string; readonly username: string }> => {
    const { id } = await kernel.resolve(Users).register(anonymous, { username, password, email: null })
    return { userId: id, username, isAdmin: false, scopes: new Set(['read', 'publish', 'admin'] as const) }
  }
  const publish = async (caller: Principal, target: TargetText, version: Partial<NewVersion> = {}): Promise<Version> =>
    transaction.run(async () => catalog.addVersion(await catalog.openForPublish(caller, targetOf(target)), newVersion(target, version)))
  const request = (method: 'GET' | 'HEAD' | 'PUT' | 'PATCH' | 'DELETE' | 'POST', url: string, { as, body, headers = {} }: Call = {}) =>
    kernel.http.inject({
      method,
      url,
      headers: { ...headers, ...(as && { authorization: `Basic ${Buffer.from(`${as}:${password}`).toString('base64')}` }) },
      ...(body !== undefined && { payload: body as object }),
    })
  const audited = () => sql<{ action: string; subject: string }>`select action, subject from audit_log order by at, id`
  return {
    ...{ kernel, sql, transaction, catalog, user, publish, request, audited },
    [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose](),
  }
}
export type Registry = Awaited<ReturnType<typeof openRegistry>>

interface Call {
  readonly as?: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

/** `namespace/name`, or a whole target. */
export type TargetText = string | PublishTarget

export const targetOf = (target: TargetText): PublishTarget => {
  if (typeof target !== 'string') return target
  const slash = target.indexOf('/')
  return { namespace: target.slice(0, slash), name: target.slice(slash + 1), format: 'generic', type: 'module-binary' }
}

export function newVersion(target: TargetText, { version = '1.0.0', ...rest }: Partial<NewVersion> = {}): NewVersion {
  const { name } = targetOf(target)
  return {
    version,
    manifestDigest: digest(),
    sizeBytes: 3,
    metadata: { name: name.split('/').at(-1), version },
    ...(!rest.metadata && { bare: true as const }),
    tags: [],
    ...rest,
  }
}

export const digest = (): string => `sha256:${createHash('sha256').update(randomBytes(16)).digest('hex')}`

/** The code of the error a promise ends with, or `fulfilled`. */
export const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'fulfilled',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  )

export const administrator: Principal = {
  userId: '01900000-0000-7000-8000-00000000000a',
  username: 'root',
  isAdmin: true,
  scopes: new Set(['read', 'publish', 'admin']),
}

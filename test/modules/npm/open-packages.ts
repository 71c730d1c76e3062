import { createHash, randomBytes } from 'node:crypto'
import { Organizations } from '../../../src/modules/auth/organizations.service.ts'
import { Teams } from '../../../src/modules/auth/teams.service.ts'
import { Users } from '../../../src/modules/auth/users.service.ts'
import { Catalog } from '../../../src/modules/metadata/contract.ts'
import { parsePackageName } from '../../../src/modules/npm/package-name.ts'
import { Packuments } from '../../../src/modules/packuments/contract.ts'
import { Database, Transaction } from '../../../src/shared/kernel/database.ts'
import type { Kernel } from '../../../src/shared/kernel/kernel.ts'
import { anonymous, type Principal } from '../../../src/shared/kernel/principal.ts'
import { startTestKernel } from '../../../src/shared/testing/start-test-kernel.ts'

const password = 'correct horse battery'
const auth = { passwordMemoryKib: 1_024, passwordPasses: 1, registration: 'open', adminPassword: password }

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE'
interface Call {
  readonly as?: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
}
type Caller = Principal & { readonly userId: string; readonly username: string }

/** The whole registry, with people and packages whose versions are names alone: nothing here reads a tarball. */
export async function openPackages() {
  const kernel = await startTestKernel({ settings: { auth } })
  const { sql } = kernel.resolve(Database)
  const catalog = kernel.resolve(Catalog)

  const user = async (username: string): Promise<Caller> => {
    const { id } = await kernel.resolve(Users).register(anonymous, { username, password, email: null })
    return { userId: id, username, isAdmin: false, scopes: new Set(['read', 'publish', 'admin'] as const) }
  }
  const publish = async (caller: Principal, name: string, ...versions: string[]): Promise<void> => {
    for (const version of versions) await kernel.resolve(Transaction).run(() => addVersion(kernel, caller, { name, version }))
  }
  const call = async (method: Method, url: string, { as, body, headers = {} }: Call = {}) => {
    const answer = await kernel.http.inject({
      method,
      url: `/npm${url}`,
      headers: { ...headers, ...(as && { authorization: `Basic ${Buffer.from(`${as}:${password}`).toString('base64')}` }) },
      ...(body !== undefined && { payload: body as object }),
    })
    return { status: answer.statusCode, body: answer.body === '' ? undefined : (JSON.parse(answer.body) as unknown) }
  }
  /** `_rev` as documents have it. */
  const revOf = async (name: string): Promise<string> => {
    const ref = parsePackageName(name)
    const [row] = await sql<{ id: string; rev: number }>`select a.id, a.rev from artifacts a join namespaces n on n.id = a.namespace_id
      where n.name = ${ref?.namespace} and a.name = ${ref?.name} and a.format = 'npm'`
    return row ? `${row.rev}-${row.id.replaceAll('-', '')}` : ''
  }
  const tagsOf = async (name: string, as?: string) => (await call('GET', `/-/package/${escaped(name)}/dist-tags`, as ? { as } : {})).body
  /** Makes everything of a package older than the rule of 72 hours allows. */
  const age = (name: string) => sql`update versions set published_at = now() - interval '73 hours'
    where artifact_id in (select id from artifacts where name = ${parsePackageName(name)?.name})`
  return {
    ...{ kernel, sql, catalog, user, publish, call, revOf, tagsOf, age },
    organizations: kernel.resolve(Organizations),
    teams: kernel.resolve(Teams),
    [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose](),
  }
}
export type Packages = Awaited<ReturnType<typeof openPackages>>

export const escaped = (name: string): string => name.replace('/', '%2f')

async function addVersion({ resolve }: Kernel, caller: Principal, { name, version }: { name: string; version: string }): Promise<void> {
  const ref = parsePackageName(name)
  if (!ref) throw new Error(`no package is called ${name}`)
  const located = await resolve(Catalog).openForPublish(caller, { ...ref, type: 'module-node' })
  const added = await resolve(Catalog).addVersion(located, {
    version,
    manifestDigest: digest(),
    sizeBytes: 3,
    metadata: { name: ref.name, version },
    ...{ bare: true as const, keepsLatest: true as const, tags: [] },
  })
  await resolve(Packuments).add(located, added, {
    description: {
      manifest: { name, version },
      dist: { integrity: 'sha512-AAAA', shasum: '0'.repeat(40), fileCount: 1, unpackedSize: 3 },
      tarballDigest: digest(),
      hasShrinkwrap: false,
      hasInstallScript: false,
    },
  })
}

const digest = (): string => `sha256:${createHash('sha256').update(randomBytes(16)).digest('hex')}`

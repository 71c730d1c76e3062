import { createHash } from 'node:crypto'
import { type IncomingHttpHeaders, request } from 'node:http'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { Blobs, Publishing } from '../../../src/modules/artifacts/contract.ts'
import { Users } from '../../../src/modules/auth/users.service.ts'
import { Catalog, type Located } from '../../../src/modules/metadata/contract.ts'
import { parsePackageName } from '../../../src/modules/npm/package-name.ts'
import { type PackageDescription, Packuments } from '../../../src/modules/packuments/contract.ts'
import { Database, Transaction } from '../../../src/shared/kernel/database.ts'
import { KernelInfo } from '../../../src/shared/kernel/kernel-info.ts'
import { anonymous, type Principal } from '../../../src/shared/kernel/principal.ts'
import { startTestKernel, type TestKernelOptions } from '../../../src/shared/testing/start-test-kernel.ts'
import { integrityOf, packed, shasumOf } from './package-tarball.ts'

export const password = 'correct horse battery'
export const installing = 'application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*'

export type Caller = Principal & { readonly userId: string; readonly username: string }

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: documents are what this is about, and tests look anywhere in them.
  readonly json: () => any
}

/** Packages with real tarballs behind a real port. */
export async function openDocuments({ settings, ...options }: TestKernelOptions = {}) {
  const kernel = await startTestKernel({
    ...options,
    settings: { auth: { passwordMemoryKib: 1_024, passwordPasses: 1, registration: 'open', adminPassword: password }, ...settings },
  })
  await kernel.listen()
  const origin = kernel.http.listeningOrigin
  const { sql } = kernel.resolve(Database)
  const catalog = kernel.resolve(Catalog)

  const user = async (username: string): Promise<Caller> => {
    const { id } = await kernel.resolve(Users).register(anonymous, { username, password, email: null })
    return { userId: id, username, isAdmin: false, scopes: new Set(['read', 'publish', 'admin'] as const) }
  }
  /** `name` or `name@version`. */
  const publish = async (caller: Principal, spec: string, more: Publish = {}): Promise<Buffer> => {
    const at = spec.indexOf('@', 1)
    const [name, version] = at < 0 ? [spec, '1.0.0'] : [spec.slice(0, at), spec.slice(at + 1)]
    const ref = refOf(name)
    const manifest = { name, version, ...more.manifest }
    const tarball = more.tarball ?? (await packed(manifest, { 'index.js': `module.exports = '${version}'\n` }))
    const blob = await kernel.resolve(Blobs).store(Readable.from([tarball]))
    const description: PackageDescription = {
      ...{ manifest, tarballDigest: blob.digest, hasShrinkwrap: false, hasInstallScript: false },
      dist: { integrity: integrityOf(tarball), shasum: shasumOf(tarball), fileCount: 2, unpackedSize: 100 },
      ...more.description,
    }
    await kernel.resolve(Publishing).publishStored(caller, [
      {
        target: { ...ref, type: 'module-node', guessed: true },
        ...{ version, metadata: { name, version }, bare: true, tags: more.tags ?? ['latest'], keepsLatest: true },
        layers: [{ ...blob, mediaType: 'application/vnd.npm.package.tar+gzip', title: `${ref.name}-${version}.tgz` }],
        ...(!more.undescribed && {
          within: (located: Located, added) => kernel.resolve(Packuments).add(located, added, { description }),
        }),
      },
    ])
    return tarball
  }
  /** Copies of the last version, as if they had been published after it, each with `padding` more bytes. */
  const multiply = async (name: string, count: number, padding = 0): Promise<void> => {
    const ref = refOf(name)
    await sql`with a as (
        select a.id from artifacts a join namespaces n on n.id = a.namespace_id where n.name = ${ref.namespace} and a.name = ${ref.name} and a.format = 'npm'
      ), made as (
        insert into versions (id, artifact_id, version, sort_key, prerelease, state, manifest_digest, size_bytes, metadata)
        select (lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '70008000' || lpad(to_hex(i), 12, '0'))::uuid,
          v.artifact_id, '2.0.' || i, v.sort_key || i, false, 'published', v.manifest_digest, v.size_bytes, v.metadata
        from generate_series(1, ${count}::int) i cross join lateral (select * from versions where artifact_id = (select id from a) limit 1) v
        returning id, artifact_id, version
      ), described as (
        insert into package_versions (version_id, artifact_id, fragment, abbreviated, about, tarball_digest, integrity, shasum)
        select m.id, m.artifact_id, '{"x":"' || repeat(md5(m.version), ${Math.ceil(padding / 32)}::int) || '",' || substr(p.fragment, 2), p.abbreviated, p.about, p.tarball_digest, p.integrity, p.shasum
        from made m cross join lateral (select * from package_versions where artifact_id = m.artifact_id limit 1) p
        returning version_id
      ) select count(*) from described`
    const located = await catalog.locate(administrator, ref, 'read')
    await kernel.resolve(Transaction).run(async () => {
      await sql`update artifacts set rev = rev + 1 where id = ${located.artifact.id}`
    })
    kernel.resolve(Packuments).forget(located)
  }
  const send = (path: string, { as, method = 'GET', headers = {} }: Call = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(origin)
      const authorization = as === undefined ? {} : { authorization: `Basic ${Buffer.from(`${as}:${password}`).toString('base64')}` }
      request({ hostname, port, path: `/npm${path}`, method, headers: { ...authorization, ...headers }, agent: false }, (answer) => {
        buffer(answer).then(
          (bytes) =>
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes, json: () => JSON.parse(bytes.toString('utf8')) }),
          reject,
        )
      })
        .on('error', reject)
        .end()
    })
  return {
    ...{ kernel, origin, sql, catalog, user, publish, multiply, send },
    packuments: kernel.resolve(Packuments),
    info: kernel.resolve(KernelInfo),
    locate: (name: string, as: Principal = administrator) => catalog.locate(as, refOf(name), 'read'),
    [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose](),
  }
}
export type Documents = Awaited<ReturnType<typeof openDocuments>>

interface Publish {
  /** More of `package.json`. */
  readonly manifest?: object
  readonly tags?: readonly string[]
  readonly tarball?: Buffer
  readonly description?: Partial<PackageDescription>
  /** As another door publishes. */
  readonly undescribed?: true
}

interface Call {
  readonly as?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

export const administrator: Principal = {
  userId: '01900000-0000-7000-8000-00000000000a',
  username: 'root',
  isAdmin: true,
  scopes: new Set(['read', 'publish', 'admin']),
}

export function refOf(name: string) {
  const ref = parsePackageName(name)
  if (!ref) throw new Error(`no package is called ${name}`)
  return ref
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

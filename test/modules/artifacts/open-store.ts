import { createHash, randomBytes } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Collection } from '../../../src/modules/artifacts/contract.ts'
import { Fsck } from '../../../src/modules/artifacts/fsck.contract.ts'
import artifacts from '../../../src/modules/artifacts/module.ts'
import type { ArtifactsSettings } from '../../../src/modules/artifacts/settings.ts'
import auth from '../../../src/modules/auth/module.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { startTestKernel, type TestHome } from '../../../src/shared/testing/start-test-kernel.ts'

export const password = 'correct horse battery'
const adminPassword = 'admin-password-1'

export const sha256 = (bytes: Buffer | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
export const some = (size: number): Buffer => randomBytes(size)

interface Call {
  readonly as?: string
  readonly body?: Buffer | object | string
  readonly headers?: Record<string, string>
}

/** Accounts, metadata and artifacts with real files, and people to act in them. The collector works only when a test lets it. */
export async function openStore(options: { home?: TestHome; settings?: Partial<ArtifactsSettings> } = {}) {
  const { home, settings } = options
  const kernel = await startTestKernel({
    modules: [auth, metadata, artifacts],
    settings: {
      auth: { adminPassword, passwordMemoryKib: 1_024, passwordPasses: 1, registration: 'open' },
      artifacts: { gcIntervalSeconds: 3_600, ...settings },
    },
    ...(home && { home }),
  })
  const { sql } = kernel.resolve(Database)
  const credentials = (as: string) => `Basic ${Buffer.from(`${as}:${as === 'admin' ? adminPassword : password}`).toString('base64')}`
  const request = (method: 'GET' | 'HEAD' | 'PUT' | 'PATCH' | 'DELETE' | 'POST', url: string, { as, body, headers = {} }: Call = {}) =>
    kernel.http.inject({
      method,
      url,
      headers: {
        ...(Buffer.isBuffer(body) && { 'content-type': 'application/octet-stream' }),
        ...(as && { authorization: credentials(as) }),
        ...headers,
      },
      ...(body !== undefined && { payload: body }),
    })
  const user = async (username: string): Promise<string> => {
    const answer = await request('POST', '/v1/users', { body: { username, password, email: `${username}@example.org` } })
    if (answer.statusCode !== 201) throw new Error(answer.body)
    return username
  }
  /** `namespace/name/version`, one blob. */
  const publish = (as: string, path: string, bytes: Buffer) => request('POST', `/v1/artifacts/${path}`, { as, body: bytes })
  const upload = async (as: string, target: object, bytes: Buffer): Promise<string> => {
    const opened = await request('POST', '/v1/uploads', { as, body: target })
    if (opened.statusCode !== 201) throw new Error(opened.body)
    const { id } = opened.json<{ id: string }>()
    const finished = await request('PUT', `/v1/uploads/${id}?digest=${sha256(bytes)}`, { as, body: bytes })
    if (finished.statusCode !== 201) throw new Error(finished.body)
    return sha256(bytes)
  }
  return {
    ...{ kernel, sql, request, user, publish, upload, credentials },
    blobsDir: join(kernel.home.dataDir, 'blobs'),
    collect: () => kernel.resolve(Collection).collect(),
    fsck: (check: Parameters<Fsck['check']>[0] = {}) => kernel.resolve(Fsck).check(check),
    files: () => storedFiles(join(kernel.home.dataDir, 'blobs')),
    [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose](),
  }
}
export type Store = Awaited<ReturnType<typeof openStore>>

export interface StoredFile {
  readonly path: string
  readonly sizeBytes: number
}

/** Everything under the folder, by path. */
export async function storedFiles(folder: string): Promise<StoredFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name)
        const sizeBytes = await stat(path).then(
          ({ size }) => size,
          () => undefined,
        )
        return sizeBytes === undefined ? [] : [{ path: path.slice(folder.length + 1), sizeBytes }]
      }),
  )
  return found.flat().sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** What nothing stored may change. */
export async function footprint({ sql, files }: Store): Promise<unknown> {
  const [counts] = await sql`select (select count(*) from blobs) as blobs, (select count(*) from manifests) as manifests,
    (select count(*) from versions) as versions, (select count(*) from artifact_blobs) as links, (select count(*) from upload_sessions) as sessions`
  return { counts, files: await files() }
}

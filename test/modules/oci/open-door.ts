import { createHash, randomBytes } from 'node:crypto'
import { type IncomingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'
import artifacts from '../../../src/modules/artifacts/module.ts'
import auth from '../../../src/modules/auth/module.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import oci from '../../../src/modules/oci/module.ts'
import { startTestKernel, type TestKernelOptions } from '../../../src/shared/testing/start-test-kernel.ts'

export const password = 'correct horse battery'

export const sha256 = (bytes: Buffer | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
export const sha512 = (bytes: Buffer | string): string => `sha512:${createHash('sha512').update(bytes).digest('hex')}`
export const some = (size: number): Buffer => randomBytes(size)

export const imageType = 'application/vnd.oci.image.manifest.v1+json'
export const indexType = 'application/vnd.oci.image.index.v1+json'
export const emptyConfig = { mediaType: 'application/vnd.oci.empty.v1+json', digest: sha256('{}'), size: 2 }

export interface Call {
  readonly as?: string
  readonly body?: Buffer | string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  /** Of the first error, or nothing. */
  readonly code: string | undefined
  json<T = Record<string, unknown>>(): T
}

interface Wire {
  readonly send: (method: string, path: string, call?: Call) => Promise<Answer>
  readonly expectStatus: (answering: Promise<Answer>, status: number) => Promise<Answer>
}

/** The registry behind a real port, with people to act in it. */
export async function openDoor(options: TestKernelOptions = {}) {
  const kernel = await startTestKernel({
    modules: [auth, metadata, artifacts, oci],
    ...options,
    settings: {
      auth: { adminPassword: password, passwordMemoryKib: 1_024, passwordPasses: 1, registration: 'open' },
      artifacts: { gcIntervalSeconds: 3_600 },
      ...options.settings,
    },
  })
  await kernel.listen()
  const origin = kernel.http.listeningOrigin
  const basic = (as: string) => `Basic ${Buffer.from(`${as}:${password}`).toString('base64')}`

  const send = async (method: string, path: string, { as, body, headers = {} }: Call = {}): Promise<Answer> => {
    const response = await fetch(new URL(path, origin), {
      method,
      headers: { ...(as && { authorization: basic(as) }), ...headers },
      redirect: 'manual',
      ...(body !== undefined && { body: typeof body === 'string' ? body : new Uint8Array(body) }),
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    const json = <T>() => JSON.parse(bytes.toString('utf8')) as T
    const isError = response.status >= 400 && bytes.length > 0
    // No request of a test may find a bug.
    if (response.status === 500) throw new Error(`${method} ${path} failed`)
    return {
      ...{ status: response.status, headers: response.headers, bytes, json },
      code: isError ? json<{ errors?: { code: string }[] }>().errors?.[0]?.code : undefined,
    }
  }
  /** The path as it is, where `fetch` would tidy it up first. */
  const sendRaw = (method: string, path: string, as?: string) =>
    new Promise<{ status: number; body: string; headers: IncomingHttpHeaders }>((resolve, reject) => {
      const { hostname, port } = new URL(origin)
      request({ hostname, port, path, method, headers: as === undefined ? {} : { authorization: basic(as) } }, async (answer) =>
        resolve({ status: answer.statusCode ?? 0, body: await text(answer), headers: answer.headers }),
      )
        .on('error', reject)
        .end()
    })
  const expectStatus = async (answering: Promise<Answer>, status: number): Promise<Answer> => {
    const answer = await answering
    if (answer.status !== status) throw new Error(`${answer.status} instead of ${status}: ${answer.bytes.toString('utf8').slice(0, 500)}`)
    return answer
  }
  const user = async (username: string): Promise<string> => {
    const body = JSON.stringify({ username, password, email: `${username}@example.org` })
    await expectStatus(send('POST', '/v1/users', { body, headers: { 'content-type': 'application/json' } }), 201)
    return username
  }
  const makePublic = (as: string, namespace: string) =>
    expectStatus(
      send('PATCH', `/v1/namespaces/${namespace}`, {
        as,
        body: '{"visibility":"public"}',
        headers: { 'content-type': 'application/json' },
      }),
      200,
    )
  const client = (as: string) => clientOf({ send, expectStatus }, as)
  return {
    ...{ kernel, origin, send, sendRaw, expectStatus, user, makePublic, client, basic },
    [Symbol.asyncDispose]: () => kernel[Symbol.asyncDispose](),
  }
}
export type Door = Awaited<ReturnType<typeof openDoor>>
export type Client = ReturnType<typeof clientOf>

/** What an OCI client does, as one user. */
function clientOf({ send, expectStatus }: Wire, as: string) {
  const call = (method: string, path: string, call: Omit<Call, 'as'> = {}) => send(method, path, { ...call, as })
  /** The location of a new session. */
  const open = async (repository: string): Promise<string> => {
    const { headers } = await expectStatus(call('POST', `/v2/${repository}/blobs/uploads/`), 202)
    return headers.get('location') ?? ''
  }
  /** POST and PUT; returns the digest. */
  const pushBlob = async (repository: string, bytes: Buffer | string, digest = sha256(bytes)): Promise<string> => {
    await expectStatus(call('PUT', `${await open(repository)}?digest=${digest}`, { body: bytes }), 201)
    return digest
  }
  /** `path`: repository and reference, with `?tag=` maybe. */
  const putManifest = (path: string, manifest: object | string, mediaType = imageType): Promise<Answer> => {
    const body = typeof manifest === 'string' ? manifest : JSON.stringify(manifest)
    return call('PUT', `/v2/${path.replace(' ', '/manifests/')}`, { body, headers: { 'content-type': mediaType } })
  }
  /** An image of one layer under `repository reference`. */
  const pushImage = async (path: string, more: object = {}) => {
    const [repository = ''] = path.split(' ')
    const layer = some(64)
    for (const bytes of [Buffer.from('{}'), layer]) await pushBlob(repository, bytes)
    const text = JSON.stringify(imageOf([layer], more))
    await expectStatus(putManifest(path, text), 201)
    return { text, digest: sha256(text), layer: sha256(layer) }
  }
  return { call, open, pushBlob, putManifest, pushImage }
}

export const imageOf = (layers: readonly Buffer[], more: object = {}) => ({
  schemaVersion: 2,
  mediaType: imageType,
  config: emptyConfig,
  layers: layers.map((bytes) => ({ mediaType: 'application/octet-stream', digest: sha256(bytes), size: bytes.length })),
  ...more,
})

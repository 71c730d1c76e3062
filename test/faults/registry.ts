import { adminPassword, type RegistryOptions, type RunningRegistry, runRegistry, startCommand } from '../support/run-registry.ts'
import { type Answer, expectStatus, parsed, send } from './connection.ts'
import { sha256, type Tarball } from './tarballs.ts'

/** The compiled server, whose log says only what went wrong. GATI_FAULTS_DIST names another build than `dist`. */
export const dist = process.env['GATI_FAULTS_DIST'] ?? 'dist'

export const startRegistry = (options: RegistryOptions = {}): Promise<RunningRegistry> =>
  runRegistry({
    command: startCommand(dist),
    ...options,
    env: { REGISTRY_LOG_LEVEL: 'warn', ...options.env },
  })

export interface IssuedToken {
  readonly id: string
  readonly token: string
}

/** Of the administrator, with every scope. */
export async function issueToken(url: string): Promise<IssuedToken> {
  const basic = Buffer.from(`admin:${adminPassword}`).toString('base64')
  const headers = { authorization: `Basic ${basic}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ name: 'faults', scopes: ['read', 'publish', 'admin'] })
  return parsed<IssuedToken>(expectStatus(await send(`${url}/v1/tokens`, { method: 'POST', headers, body }), 201))
}

export const createToken = async (url: string): Promise<string> => (await issueToken(url)).token

export interface Published {
  readonly artifact: string
  readonly version: string
  readonly digest: string
}

/** What one client of a registry does, in the namespace of the administrator. */
export class Client {
  readonly #url: string
  readonly #authorization: string

  constructor(url: string, token: string) {
    this.#url = url
    this.#authorization = `Bearer ${token}`
  }

  /** Rejects while the server starts, as while it is down. */
  async call(path: string, { json, body, ...rest }: Parameters<typeof send>[1] & { json?: unknown } = {}): Promise<Answer> {
    const type = json === undefined ? {} : { 'content-type': 'application/json' }
    const content = json === undefined ? body : JSON.stringify(json)
    const headers = { authorization: this.#authorization, ...type, ...rest.headers }
    const answer = await send(this.#url + path, { ...rest, headers, ...(content !== undefined && { body: content }) })
    if (answer.status === 503 && parsed<{ code: string }>(answer).code === 'service.starting') throw new Error('the server is starting')
    return answer
  }

  /** The bytes in one request. */
  publish({ name, bytes }: Tarball, version: string): Promise<Answer> {
    return this.call(`/v1/artifacts/admin/${name}/${version}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', 'x-artifact-digest': sha256(bytes) },
      body: bytes,
    })
  }

  openUpload(name: string): Promise<Answer> {
    return this.call('/v1/uploads', { method: 'POST', json: { namespace: 'admin', name } })
  }

  append(id: string, bytes: Buffer, start: number): Promise<Answer> {
    return this.call(`/v1/uploads/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/octet-stream', 'content-range': `${start}-${start + bytes.length - 1}` },
      body: bytes,
    })
  }

  finish(id: string, digest: string): Promise<Answer> {
    return this.call(`/v1/uploads/${id}?digest=${digest}`, { method: 'PUT' })
  }

  /** A manifest of one blob that is there already. */
  publishManifest({ name, bytes }: Tarball, version: string): Promise<Answer> {
    const layers = [{ digest: sha256(bytes), mediaType: 'application/octet-stream', title: `${name}.tgz` }]
    const json = { type: 'module-binary', manifest: { description: 'packed by npm', config: { binaryFile: `${name}.tgz` } }, layers }
    return this.call(`/v1/artifacts/admin/${name}/${version}`, { method: 'POST', json })
  }

  fetch({ artifact, version }: Pick<Published, 'artifact' | 'version'>): Promise<Answer> {
    return this.call(`/v1/artifacts/admin/${artifact}/${version}`)
  }

  /** Throws unless the version is there with exactly those bytes. */
  async verify(published: Published): Promise<void> {
    const { body } = expectStatus(await this.fetch(published), 200)
    if (sha256(body) !== published.digest) throw new Error(`${published.artifact}@${published.version} has other bytes than were published`)
  }

  /** Every version of every artifact that anybody is told about. */
  async listed(): Promise<{ artifact: string; version: string }[]> {
    const artifacts = await this.#pages<{ name: string }>('/v1/artifacts/admin')
    const versions = await Promise.all(
      artifacts.map(async ({ name }) =>
        (await this.#pages<{ version: string }>(`/v1/artifacts/admin/${name}/-/versions`)).map(({ version }) => ({
          artifact: name,
          version,
        })),
      ),
    )
    return versions.flat()
  }

  async #pages<T>(path: string): Promise<T[]> {
    const items: T[] = []
    for (let query = ''; ; ) {
      const page = parsed<Page<T>>(expectStatus(await this.call(`${path}?limit=1000${query}`), 200))
      items.push(...page.items)
      if (page.nextCursor === null) return items
      query = `&cursor=${encodeURIComponent(page.nextCursor)}`
    }
  }
}

interface Page<T> {
  readonly items: readonly T[]
  readonly nextCursor: string | null
}

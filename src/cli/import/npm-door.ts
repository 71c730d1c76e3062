import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Call, RegistryClient } from '../client.ts'
import { Failure } from '../failure.ts'
import { type Sums, sumsOf } from './tarball-sums.ts'

export interface StoredPackage {
  readonly rev: string
  readonly tags: Readonly<Record<string, string>>
  readonly versions: Readonly<Record<string, StoredVersion>>
}
export interface StoredVersion {
  readonly deprecated?: string
  readonly dist: { readonly integrity?: string; readonly shasum?: string }
}

export interface NewVersion {
  readonly name: string
  readonly version: string
  readonly manifest: Readonly<Record<string, unknown>>
  readonly sums: Sums
  readonly tags: readonly string[]
  readonly access: 'restricted' | null
  readonly tarball: string
  readonly sizeBytes: number
}

/** Larger ones are not held in memory. */
const smallBytes = 4_194_304
/** So that every piece but the last is a whole number of base64 groups. */
const pieceBytes = 3 * 262_144
const tries = 6
const longestWaitSeconds = 30

/** The registry as clients of npm see it. */
export class NpmDoor {
  readonly #client: RegistryClient

  constructor(client: RegistryClient) {
    this.#client = client
  }

  async find(name: string): Promise<StoredPackage | undefined> {
    const response = await this.#send(pathOf(name), () => ({ query: { write: 'true' }, headers: { accept: 'application/json' } }))
    if (response.status === 404) {
      await response.body?.cancel()
      return undefined
    }
    const document = (await accepted(response)) as {
      _rev: string
      'dist-tags'?: StoredPackage['tags']
      versions?: StoredPackage['versions']
    }
    return { rev: document._rev, tags: document['dist-tags'] ?? {}, versions: document.versions ?? {} }
  }

  async publish(version: NewVersion): Promise<void> {
    const content = version.sizeBytes <= smallBytes ? await readFile(version.tarball) : undefined
    const headers = { 'content-type': 'application/json' }
    await accepted(
      await this.#send(pathOf(version.name), () => ({ method: 'PUT', headers, body: Readable.from(documentOf(version, content)) })),
    )
  }

  async deprecate(name: string, rev: string, reasons: ReadonlyMap<string, string>): Promise<void> {
    const versions = Object.fromEntries([...reasons].map(([version, deprecated]) => [version, { name, version, deprecated }]))
    const json = { _id: name, _rev: rev, name, versions }
    await accepted(await this.#send(pathOf(name), () => ({ method: 'PUT', json })))
  }

  async tag(name: string, tag: string, version: string): Promise<void> {
    const path = `/npm/-/package/${escaped(name)}/dist-tags/${encodeURIComponent(tag)}`
    await accepted(await this.#send(path, () => ({ method: 'PUT', json: version })))
  }

  /** Of the bytes as they are served. */
  async downloadSums(name: string, version: string): Promise<Sums> {
    const path = `${pathOf(name)}/-/${encodeURIComponent(`${name.split('/').at(-1)}-${version}.tgz`)}`
    const response = await this.#send(path, () => ({}))
    if (!response.ok || !response.body) await accepted(response)
    return sumsOf(response.body ?? Readable.from([]))
  }

  /** `call` is made anew for every try, because a stream is read once. */
  async #send(path: string, call: () => Call): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.#client.raw(path, call())
      const isBusy = response.status === 429 || response.status === 503
      if (!isBusy || attempt === tries) return response
      await response.body?.cancel()
      const asked = Number(response.headers.get('retry-after') ?? attempt)
      await delay(Math.min(Number.isFinite(asked) ? asked : attempt, longestWaitSeconds) * 1_000)
    }
  }
}

const escaped = (name: string): string => encodeURIComponent(name).replace('%40', '@')
const pathOf = (name: string): string => `/npm/${escaped(name)}`

/** Throws what the registry says; 401 ends the whole import, for nothing after it will go better. */
async function accepted(response: Response): Promise<unknown> {
  const body = (await response.json().catch(() => undefined)) as { error?: unknown; code?: unknown } | undefined
  if (response.ok) return body
  const said = typeof body?.error === 'string' ? body.error : response.statusText
  const hint = response.status === 401 ? '\n  sign in with gati-registry login, or give a token' : ''
  throw new Failure(`${said} (${response.status})${hint}`, { problem: { ...body, status: response.status } })
}

export const isUnauthenticated = (error: unknown): boolean =>
  error instanceof Failure && (error.problem as { status?: number } | undefined)?.status === 401

async function* documentOf(
  { name, version, manifest, sums, tags, access, ...file }: NewVersion,
  content: Buffer | undefined,
): AsyncGenerator<Buffer> {
  const fileName = `${name}-${version}.tgz`
  const document = {
    ...{ _id: name, name, access: name.startsWith('@') ? access : null },
    'dist-tags': Object.fromEntries(tags.map((tag) => [tag, version])),
    versions: { [version]: { ...manifest, name, version, _id: `${name}@${version}`, dist: sums } },
  }
  const attachment = { content_type: 'application/octet-stream', length: file.sizeBytes }
  const head = JSON.stringify(document).slice(0, -1)
  const entry = JSON.stringify(attachment).slice(0, -1)
  yield Buffer.from(`${head},"_attachments":{${JSON.stringify(fileName)}:${entry},"data":"`)
  const pieces = content ? [content] : createReadStream(file.tarball, { highWaterMark: pieceBytes })
  for await (const piece of wholeGroups(pieces as AsyncIterable<Buffer>)) yield Buffer.from(piece.toString('base64'))
  yield Buffer.from('"}}}')
}

/** A file may be read in pieces of any length; only the last may end within a group of three bytes. */
async function* wholeGroups(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of pieces) {
    const joined = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    const whole = joined.length - (joined.length % 3)
    yield joined.subarray(0, whole)
    rest = joined.subarray(whole)
  }
  if (rest.length > 0) yield rest
}

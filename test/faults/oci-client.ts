import { setTimeout as delay } from 'node:timers/promises'
import type { Answer } from './connection.ts'
import { sha256 } from './tarballs.ts'

export const imageType = 'application/vnd.oci.image.manifest.v1+json'

export interface Image {
  readonly tag: string
  readonly manifest: Buffer
  readonly digest: string
  readonly blobs: readonly Buffer[]
}

/** The first blob is the config. */
export function imageOf(tag: string, blobs: readonly Buffer[]): Image {
  const [config, ...layers] = blobs.map((bytes) => ({ mediaType: 'application/octet-stream', digest: sha256(bytes), size: bytes.length }))
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: imageType, config, layers }))
  return { tag, manifest, digest: sha256(manifest), blobs }
}

interface Call {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
}
type OciAnswer = Pick<Answer, 'status' | 'body'> & { readonly headers: Headers }

/** What a container client does to one repository, as carefully as the best of them: it looks first, mounts if it can, and repeats what was answered 503. */
export class OciClient {
  /** Answers 503 that were followed by another attempt. */
  retries = 0
  mounted = 0
  readonly #url: string
  readonly #repository: string
  readonly #authorization: string

  constructor(at: { readonly url: string; readonly repository: string; readonly token: string }) {
    this.#url = at.url
    this.#repository = at.repository
    this.#authorization = `Basic ${Buffer.from(`admin:${at.token}`).toString('base64')}`
  }

  async call(path: string, { method = 'GET', headers = {}, body }: Call = {}): Promise<OciAnswer> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await fetch(new URL(path, `${this.#url}/v2/${this.#repository}/`), {
        method,
        headers: { authorization: this.#authorization, ...headers },
        ...(body && { body: new Uint8Array(body) }),
      })
      const answer = { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) }
      if (answer.status !== 503 || attempt === 20) return answer
      this.retries += 1
      await delay(1_000 * Math.min(2, Number(answer.headers.get('retry-after') ?? 0.2)))
    }
  }

  /** `from`: a repository that may have the blobs. */
  async push(image: Image, from?: string): Promise<void> {
    for (const bytes of image.blobs) await this.#pushBlob(bytes, from)
    const headers = { 'content-type': imageType }
    expectAnswer(await this.call(`manifests/${image.tag}`, { method: 'PUT', headers, body: image.manifest }), 201)
  }

  async #pushBlob(bytes: Buffer, from: string | undefined): Promise<void> {
    const digest = sha256(bytes)
    if (expectAnswer(await this.call(`blobs/${digest}`, { method: 'HEAD' }), 200, 404).status === 200) return
    const query = from === undefined ? '' : `?mount=${digest}&from=${from}`
    const opened = expectAnswer(await this.call(`blobs/uploads/${query}`, { method: 'POST' }), 201, 202)
    if (opened.status === 201) {
      this.mounted += 1
      return
    }
    const location = new URL(opened.headers.get('location') ?? '', this.#url)
    location.searchParams.set('digest', digest)
    expectAnswer(
      await this.call(location.href, { method: 'PUT', headers: { 'content-type': 'application/octet-stream' }, body: bytes }),
      201,
    )
  }

  async delete({ digest }: Image): Promise<void> {
    expectAnswer(await this.call(`manifests/${digest}`, { method: 'DELETE' }), 202)
  }

  /** Throws unless the tag and all it refers to is there with exactly those bytes. */
  async verify({ tag, manifest, blobs }: Image): Promise<void> {
    const { body } = expectAnswer(await this.call(`manifests/${tag}`), 200)
    if (!body.equals(manifest)) throw new Error(`${this.#repository}:${tag} is another manifest`)
    for (const bytes of blobs) {
      const blob = expectAnswer(await this.call(`blobs/${sha256(bytes)}`), 200)
      if (!blob.body.equals(bytes)) throw new Error(`${this.#repository}:${tag} has other bytes in ${sha256(bytes)}`)
    }
  }

  async tags(): Promise<readonly string[]> {
    return JSON.parse(expectAnswer(await this.call('tags/list?n=1000'), 200).body.toString()).tags
  }
}

function expectAnswer<A extends Pick<OciAnswer, 'status' | 'body'>>(answer: A, ...wanted: readonly number[]): A {
  if (!wanted.includes(answer.status)) throw new Error(`${answer.status} instead of ${wanted.join(' or ')}: ${answer.body}`)
  return answer
}

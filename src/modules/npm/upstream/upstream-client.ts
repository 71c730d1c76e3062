import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Outbound, OutboundAnswer } from '../../../shared/kernel/outbound.ts'
import { UpstreamUnavailable } from './errors.ts'
import type { NpmUpstream } from './settings.ts'

const maxDocumentBytes = 67_108_864
/** From the first byte that is sent to the last that is received. */
const documentMs = 120_000

export interface Validators {
  readonly etag?: string | undefined
  readonly lastModified?: string | undefined
}

export interface UpstreamBody {
  /** Fails with UpstreamUnavailable. */
  readonly body: AsyncIterable<Buffer>
  /** To be called whatever happened. */
  discard(): void
}

export type FetchedDocument =
  | ({ readonly kind: 'fresh'; readonly validators: Validators } & UpstreamBody)
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'absent' }

/** Reads of another registry of npm. Everything it does otherwise than it should is UpstreamUnavailable. */
export class UpstreamClient {
  readonly #outbound: Outbound
  readonly #upstream: NpmUpstream
  readonly #origin: string

  constructor(outbound: Outbound, upstream: NpmUpstream) {
    this.#outbound = outbound
    this.#upstream = upstream
    this.#origin = new URL(upstream.url).origin
  }

  /** The full document: only that has the times of its versions. */
  async document(name: string, known: Validators): Promise<FetchedDocument> {
    const url = `${this.#upstream.url.replace(/\/+$/, '')}/${name.replace('/', '%2f')}`
    const answer = await this.#get(url, {
      ...{ accept: 'application/json', 'accept-encoding': 'gzip' },
      ...(known.etag !== undefined && { 'if-none-match': known.etag }),
      ...(known.etag === undefined && known.lastModified !== undefined && { 'if-modified-since': known.lastModified }),
    })
    if (answer.status === 200) {
      const validators = { etag: answer.header('etag'), lastModified: answer.header('last-modified') }
      return { kind: 'fresh', validators, body: bounded(unpacked(answer), maxDocumentBytes), discard: () => answer.discard() }
    }
    answer.discard()
    if (answer.status === 304 && (known.etag ?? known.lastModified) !== undefined) return { kind: 'unchanged' }
    if (answer.status === 404 || answer.status === 410) return { kind: 'absent' }
    throw new UpstreamUnavailable(new Error(`status ${answer.status}`))
  }

  async tarball(url: string, maxBytes: number): Promise<UpstreamBody> {
    const answer = await this.#get(url, { accept: '*/*' })
    if (answer.status === 200) return { body: bounded(answer.body, maxBytes), discard: () => answer.discard() }
    answer.discard()
    throw new UpstreamUnavailable(new Error(`status ${answer.status}`))
  }

  /** Credentials are for the upstream itself, wherever its tarballs may lie. */
  async #get(url: string, headers: Readonly<Record<string, string>>): Promise<OutboundAnswer> {
    const isOwn = URL.parse(url)?.origin === this.#origin
    const authorization = isOwn ? this.#authorization() : undefined
    const sent = { ...headers, ...(authorization !== undefined && { authorization }) }
    const signal = headers['accept'] === '*/*' ? undefined : AbortSignal.timeout(documentMs)
    try {
      return await this.#outbound.request(url, { headers: sent, ...(signal && { signal }) })
    } catch (error) {
      throw new UpstreamUnavailable(error)
    }
  }

  #authorization(): string | undefined {
    const { token, username, password = '' } = this.#upstream
    if (token !== undefined) return `Bearer ${token}`
    return username === undefined ? undefined : `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  }
}

function unpacked(answer: OutboundAnswer): Readable {
  const encoding = answer.header('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') return answer.body
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    answer.discard()
    throw new UpstreamUnavailable(new Error(`content-encoding ${encoding}`))
  }
  // What goes wrong arrives where it is read, and may come again after nobody reads any more.
  const plain = createGunzip().on('error', () => undefined)
  return pipeline(answer.body, plain, () => undefined)
}

async function* bounded(body: Readable, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > maxBytes) throw new Error(`more than ${maxBytes} bytes`)
      yield chunk
    }
  } catch (error) {
    throw new UpstreamUnavailable(error)
  }
}

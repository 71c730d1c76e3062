import type { Readable } from 'node:stream'
import type { Outbound, OutboundAnswer } from '../../../shared/kernel/outbound.ts'
import { parseDigest } from '../../../shared/types/digest.ts'
import { UpstreamDenied, UpstreamUnavailable } from './errors.ts'
import type { Upstream } from './settings.ts'
import { UpstreamCredentials } from './upstream-credentials.ts'

export interface FetchedManifest {
  readonly mediaType: string
  readonly content: Buffer
  /** What the upstream says the bytes are. */
  readonly digest: string | undefined
}

export interface FetchedBlob {
  readonly body: Readable
  readonly sizeBytes: number | undefined
  /** Of a body that nobody reads to its end. */
  readonly discard: () => void
}

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')
const absent: ReadonlySet<number> = new Set([400, 404, 410])
const withoutParameters = /^[^;]*/

interface Wanted {
  readonly method: 'GET' | 'HEAD'
  readonly repository: string
  /** Below the repository. */
  readonly path: string
  readonly accept: string
}

/**
 * Reads of another registry (OCI distribution-spec, "Pull"), by names, tags and digests that are well-formed. Each resolves with `undefined` for what is not there, and throws UpstreamDenied,
 * UpstreamUnavailable, UpstreamAnswerInvalid, or what the body of an `OutboundAnswer` fails with.
 */
export class UpstreamClient {
  readonly #outbound: Outbound
  readonly #upstream: Upstream
  readonly #credentials: UpstreamCredentials
  readonly #maxManifestBytes: number

  constructor(outbound: Outbound, upstream: Upstream, maxManifestBytes: number) {
    this.#outbound = asUpstream(outbound)
    this.#upstream = upstream
    this.#credentials = new UpstreamCredentials(this.#outbound, upstream)
    this.#maxManifestBytes = maxManifestBytes
  }

  /** Which digest a tag stands for, where the upstream says so. */
  async digestOf(name: string, tag: string): Promise<{ readonly digest: string | undefined } | undefined> {
    const answer = await this.#ask('HEAD', name, `manifests/${tag}`)
    answer?.discard()
    return answer && { digest: digestIn(answer) }
  }

  async manifest(name: string, reference: string): Promise<FetchedManifest | undefined> {
    const answer = await this.#ask('GET', name, `manifests/${reference}`)
    if (!answer) return undefined
    const mediaType = withoutParameters.exec(answer.header('content-type') ?? '')?.[0].trim() ?? ''
    return { mediaType, content: await answer.bytes(this.#maxManifestBytes), digest: digestIn(answer) }
  }

  async blob(name: string, digest: string): Promise<FetchedBlob | undefined> {
    const answer = await this.#ask('GET', name, `blobs/${digest}`)
    if (!answer) return undefined
    const length = answer.header('content-length')
    return {
      body: answer.body,
      discard: answer.discard,
      sizeBytes: length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined,
    }
  }

  async #ask(method: Wanted['method'], name: string, path: string): Promise<OutboundAnswer | undefined> {
    const { prefix } = this.#upstream
    const repository = prefix === '' ? name : `${prefix}/${name}`
    const answer = await this.#authorized({ method, repository, path, accept: path.startsWith('blobs/') ? '*/*' : manifestTypes })
    if (answer.status === 200) return answer
    answer.discard()
    if (absent.has(answer.status)) return undefined
    throw answer.status === 401 || answer.status === 403
      ? new UpstreamDenied()
      : new UpstreamUnavailable(new Error(`status ${answer.status}`))
  }

  /** A challenge is answered once, and only when it is the upstream's own: it may have sent us elsewhere for the bytes. */
  async #authorized(wanted: Wanted): Promise<OutboundAnswer> {
    const answer = await this.#send(wanted, this.#credentials.known(wanted.repository))
    if (answer.status !== 401 || answer.url.origin !== new URL(this.#upstream.url).origin) return answer
    answer.discard()
    return this.#send(wanted, await this.#credentials.answer(wanted.repository, answer.header('www-authenticate')))
  }

  #send({ method, repository, path, accept }: Wanted, authorization: string | undefined): Promise<OutboundAnswer> {
    const url = new URL(`/v2/${repository}/${path}`, this.#upstream.url)
    return this.#outbound.request(url, { method, headers: { accept, ...(authorization !== undefined && { authorization }) } })
  }
}

/** Where the operator sent this registry is not the caller's fault. */
const asUpstream = (outbound: Outbound): Outbound => ({
  request: (url, request) =>
    outbound.request(url, request).catch((error: unknown) => {
      throw new UpstreamUnavailable(error)
    }),
})

function digestIn(answer: OutboundAnswer): string | undefined {
  const digest = answer.header('docker-content-digest')
  return digest !== undefined && parseDigest(digest) ? digest : undefined
}

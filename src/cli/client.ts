import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { Failure } from './failure.ts'

export interface Call {
  readonly method?: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly json?: unknown
  readonly body?: Readable
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** The registry's REST door, as a command sees it. */
export class RegistryClient {
  readonly baseUrl: string
  readonly #authorization: string | undefined

  constructor(baseUrl: string, authorization?: string) {
    this.baseUrl = baseUrl.replace(/\/+$/, '')
    this.#authorization = authorization
  }

  async json<T = Record<string, unknown>>(path: string, call: Call = {}): Promise<T> {
    const response = await this.send(path, call)
    return (response.status === 204 ? undefined : await response.json()) as T
  }

  /** Throws a `Failure` with the problem's message for anything but 2xx. */
  async send(path: string, call: Call = {}): Promise<Response> {
    const response = await this.raw(path, call)
    if (response.ok) return response
    const problem = await response.json().catch(() => undefined)
    throw new Failure(describe(response, problem), { problem })
  }

  async raw(path: string, call: Call): Promise<Response> {
    const { method = 'GET', query = {}, json, body, headers = {}, signal } = call
    const url = new URL(`${this.baseUrl}${path}`)
    for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value))
    const payload = json === undefined ? body && (Readable.toWeb(body) as ReadableStream<Uint8Array>) : JSON.stringify(json)
    const init: RequestInit & { duplex?: 'half' } = {
      method,
      headers: {
        accept: 'application/json',
        ...(this.#authorization !== undefined && { authorization: this.#authorization }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload !== undefined && { body: payload as NonNullable<RequestInit['body']>, duplex: 'half' }),
      ...(signal && { signal }),
    }
    try {
      return await fetch(url, init)
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
      throw new Failure(`cannot reach ${this.baseUrl}: ${cause}`)
    }
  }
}

function describe(response: Response, problem: unknown): string {
  const known = problem as { message?: string; code?: string; details?: { errors?: { path: string; message: string }[] }; suggestions?: string[] } | undefined
  if (!known?.message) return `${response.status} ${response.statusText}`
  const errors = (known.details?.errors ?? []).map(({ path, message }) => `  ${path}: ${message}`)
  const suggestions = (known.suggestions ?? []).map((suggestion) => `  ${suggestion}`)
  return [`${known.message} (${known.code}, ${response.status})`, ...errors, ...suggestions].join('\n')
}

/** `namespace/name@version`; the name may hold further slashes, the version may be a tag. */
export interface ArtifactAddress {
  readonly namespace: string
  readonly name: string
  readonly version: string | undefined
}

export function parseAddress(text: string): ArtifactAddress {
  const match = /^@?([^/@]+)\/([^@]+?)(?:@([^@]+))?$/.exec(text)
  if (!match) throw new Failure(`"${text}" is not an artifact: write namespace/name or namespace/name@version`, { exitCode: 2 })
  const [, namespace = '', name = '', version] = match
  return { namespace, name, version }
}

/** Path of an artifact, or of one of its versions, under `/v1/artifacts`. */
export function artifactPath({ namespace, name }: Pick<ArtifactAddress, 'namespace' | 'name'>, ...rest: string[]): string {
  return ['/v1/artifacts', namespace, name, ...rest].map((part, index) => (index === 0 || part === '-' ? part : encodeURIComponent(part))).join('/')
}

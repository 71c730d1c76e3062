import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { Failure, failureOf } from './failure.ts'

type Query = Readonly<Record<string, string | number | undefined>>

export interface Call {
  readonly method?: string
  readonly query?: Query
  readonly json?: unknown
  readonly body?: Readable
  readonly headers?: Readonly<Record<string, string>>
}

/** No answer came: nobody listens there, or the connection broke. */
export class Unreachable extends Failure {}

/** The registry's REST door, as a command sees it. */
export class RegistryClient {
  readonly baseUrl: string
  readonly #authorization: string | undefined

  constructor(baseUrl: string, authorization?: string) {
    this.baseUrl = baseUrl
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
    throw await failureOf(response)
  }

  /** Any answer. Throws `Unreachable` when there is none. */
  async raw(path: string, { method = 'GET', query = {}, json, body, headers = {} }: Call = {}): Promise<Response> {
    const url = new URL(`${this.baseUrl}${path}`)
    for (const [key, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(key, String(value))
    const payload = json === undefined ? body && (Readable.toWeb(body) as ReadableStream<Uint8Array>) : JSON.stringify(json)
    const init: RequestInit & { duplex?: 'half' } = {
      method,
      headers: {
        accept: '*/*',
        // Bytes have to come as they are stored, or their length and checksum mean nothing.
        'accept-encoding': 'identity',
        ...(this.#authorization !== undefined && { authorization: this.#authorization }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload !== undefined && { body: payload as NonNullable<RequestInit['body']>, duplex: 'half' }),
    }
    try {
      return await fetch(url, init)
    } catch (error) {
      throw new Unreachable(`cannot reach ${this.baseUrl}: ${reasonOf(error)}`, { cause: error })
    }
  }
}

/** fetch itself only says "fetch failed". */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (cause instanceof AggregateError) return cause.errors.map((each) => (each instanceof Error ? each.message : String(each))).join(', ')
  return cause instanceof Error ? cause.message || cause.name : String(cause)
}

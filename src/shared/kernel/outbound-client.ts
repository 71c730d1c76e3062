import { Readable } from 'node:stream'
import { Agent, type Dispatcher, request as send } from 'undici'
import { isDomainError } from '../errors/domain-error.ts'
import { OutboundFailed, OutboundRefused, OutboundTooLarge } from './errors.ts'
import type { Outbound, OutboundAnswer, OutboundRequest } from './outbound.ts'
import { guardedConnector, type Lookup } from './outbound-connector.ts'
import { outboundTargets } from './outbound-targets.ts'
import { version } from './version.ts'

const headersTimeoutMs = 30_000
const idleTimeoutMs = 60_000
const maxRedirects = 5
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** All that another origin may know: whatever else a caller sends may be a credential. */
const harmless: ReadonlySet<string> = new Set(['accept', 'range', 'user-agent'])

export interface OutboundSettings {
  /** Host names, addresses and CIDR ranges beside the public ones. */
  readonly allow: readonly string[]
  /** Of names; default: the system's. */
  readonly lookup?: Lookup
}

type Headers = Readonly<Record<string, string>>

interface Sent extends Pick<OutboundRequest, 'body'> {
  readonly method: string
  readonly headers: Headers
  readonly signal: AbortSignal
}

export class OutboundClient implements Outbound, AsyncDisposable {
  readonly #agent: Agent

  constructor({ allow, lookup }: OutboundSettings) {
    this.#agent = new Agent({
      connect: guardedConnector(outboundTargets(allow), lookup),
      ...{ headersTimeout: headersTimeoutMs, bodyTimeout: idleTimeoutMs, maxHeaderSize: 32_768, pipelining: 1 },
    })
  }

  async request(url: string | URL, { method = 'GET', headers = {}, body, signal }: OutboundRequest = {}): Promise<OutboundAnswer> {
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(new OutboundFailed(new Error('no headers in time'))), headersTimeoutMs)
    const either = signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal
    try {
      return await this.#follow(targetOf(url), { method, headers, signal: either, ...(body !== undefined && { body }) })
    } catch (error) {
      throw isDomainError(error) ? error : new OutboundFailed(error)
    } finally {
      clearTimeout(timer)
    }
  }

  async #follow(first: URL, { method, headers, body, signal }: Sent): Promise<OutboundAnswer> {
    let url = first
    let sent: Headers = { 'user-agent': `gati-registry/${version}`, ...headers }
    const mayMove = method === 'GET' || method === 'HEAD'
    for (let hops = 0; ; hops += 1) {
      const options = { dispatcher: this.#agent, method: method as Dispatcher.HttpMethod, headers: sent, signal }
      const answer = await send(url, { ...options, ...(body !== undefined && { body }) })
      const location = mayMove ? locationOf(answer) : undefined
      if (location === undefined) return answerOf(url, answer)
      abandon(answer.body)
      if (hops === maxRedirects) throw new OutboundRefused()
      const next = redirected(url, location)
      sent = headersFor(next, { from: url, sent })
      url = next
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy()
  }
}

/** Throws OutboundRefused for another scheme, and for credentials inside of the URL. */
function targetOf(url: string | URL, base?: URL): URL {
  const parsed = URL.parse(String(url), base?.href)
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || parsed.password !== '') throw new OutboundRefused()
  return parsed
}

function locationOf({ statusCode, headers }: Dispatcher.ResponseData): string | undefined {
  const location = redirects.has(statusCode) ? headers['location'] : undefined
  return typeof location === 'string' ? location : undefined
}

/** Throws OutboundRefused for what targetOf refuses, and for a way from https to http. */
function redirected(from: URL, location: string): URL {
  const next = targetOf(location, from)
  if (from.protocol === 'https:' && next.protocol !== 'https:') throw new OutboundRefused()
  return next
}

const headersFor = (next: URL, { from, sent }: { readonly from: URL; readonly sent: Headers }): Headers =>
  next.origin === from.origin ? sent : Object.fromEntries(Object.entries(sent).filter(([name]) => harmless.has(name)))

/** A body that nobody reads, and that may fail when it ends. */
const abandon = (body: Readable): void => {
  body.on('error', () => undefined).destroy()
}

function answerOf(url: URL, { statusCode, headers, body: sent }: Dispatcher.ResponseData): OutboundAnswer {
  const body = Readable.from(translated(sent), { objectMode: false })
  return {
    ...{ url, status: statusCode, body },
    header(name) {
      const value = headers[name.toLowerCase()]
      return typeof value === 'string' ? value : undefined
    },
    bytes: (maxBytes) => bounded(body, maxBytes),
    discard() {
      // What was never begun does not end what is behind it.
      for (const stream of [body, sent]) abandon(stream)
    },
  }
}

async function* translated(body: Readable): AsyncGenerator<Buffer> {
  try {
    yield* body
  } catch (error) {
    throw new OutboundFailed(error)
  }
}

async function bounded(body: Readable, maxBytes: number): Promise<Buffer> {
  const timer = setTimeout(() => body.destroy(new OutboundFailed(new Error('no end in time'))), idleTimeoutMs)
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) throw new OutboundTooLarge(maxBytes)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } finally {
    clearTimeout(timer)
  }
}

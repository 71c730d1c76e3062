import type { Readable } from 'node:stream'
import { service } from './service.ts'

export interface OutboundRequest {
  /** `GET` unless it is given. Redirects of anything but GET and HEAD are answered, not followed. */
  readonly method?: string
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** Ends the request, and the body of its answer. */
  readonly signal?: AbortSignal
}

/** Its body has to be read to the end, destroyed or discarded. */
export interface OutboundAnswer {
  /** Where it came from, after redirects. */
  readonly url: URL
  readonly status: number
  /** `undefined` for one that is missing or came more than once, other than as a list. */
  header(name: string): string | undefined
  /** As it was sent: nothing is unpacked. Fails with `kernel.outbound_failed` when 60 s pass without a byte. */
  readonly body: Readable
  /** The whole body, within 60 s. Throws `kernel.outbound_too_large`. */
  bytes(maxBytes: number): Promise<Buffer>
  discard(): void
}

/**
 * The one way out (D-24): http and https, to public addresses and to what the setting `outboundAllow` lists. Every address a name stands for is
 * looked at, and one of those is what is connected to. At most 5 redirects, each checked likewise; another origin than the first gets no credentials.
 */
export interface Outbound {
  /**
   * Resolves with any status. Connects within 5 s, has the headers within 30 s over all redirects. Throws `kernel.outbound_refused` for where it
   * may not go, `kernel.outbound_failed` for what did not answer.
   */
  request(url: string | URL, request?: OutboundRequest): Promise<OutboundAnswer>
}
export const Outbound = service<Outbound>('kernel.outbound')

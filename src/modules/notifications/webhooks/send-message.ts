import type { Outbound, OutboundAnswer } from '../../../shared/kernel/outbound.ts'
import type { Claimed, Try } from './delivery.queries.ts'
import { renderMessage } from './message.ts'
import { parseRetryAfter } from './retry-schedule.ts'
import { signatureHeader } from './signature.ts'

/** So much of an answer is read and kept. */
const keptBytes = 1_024

export interface SendOptions {
  readonly outbound: Outbound
  readonly source: string
  readonly timeoutMs: number
  readonly stopping: AbortSignal
}

export interface Sent {
  readonly tried: Try
  readonly retryAfterMs: number | undefined
}

/** One try. Undefined when the process stops before it has an answer: then it does not count. */
export async function sendMessage(claimed: Claimed, { outbound, source, timeoutMs, stopping }: SendOptions): Promise<Sent | undefined> {
  const { id, url, event, secrets, attempts, format } = claimed
  const { contentType, body } = renderMessage(event, { format, source })
  const seconds = Math.floor(Date.now() / 1_000)
  const startedAt = performance.now()
  const request = { url, bytes: Buffer.byteLength(body), contentType, signedAt: seconds }
  const timeout = AbortSignal.timeout(timeoutMs)
  const tried = (outcome: Pick<Try, 'status' | 'error' | 'response'>): Try => ({
    durationMs: performance.now() - startedAt,
    request,
    ...outcome,
  })
  try {
    const answer = await outbound.request(url, {
      method: 'POST',
      headers: {
        'content-type': contentType,
        'gati-signature': signatureHeader(secrets, seconds, body),
        ...{ 'gati-delivery': id, 'gati-event': event.kind, 'gati-event-id': event.id, 'gati-attempt': String(attempts + 1) },
      },
      body,
      signal: AbortSignal.any([timeout, stopping]),
    })
    const response = { contentType: answer.header('content-type')?.slice(0, 200) ?? null, body: await beginningOf(answer) }
    const { status } = answer
    const error = status >= 200 && status < 300 ? null : status >= 300 && status < 400 ? 'redirects are not followed' : `answered ${status}`
    return { tried: tried({ status, error, response }), retryAfterMs: parseRetryAfter(answer.header('retry-after'), Date.now()) }
  } catch (cause) {
    if (stopping.aborted) return undefined
    const error = timeout.aborted ? `no answer within ${timeoutMs / 1_000} s` : reasonOf(cause)
    return { tried: tried({ status: null, error, response: null }), retryAfterMs: undefined }
  }
}

/** The other side decides neither how much is read nor for how long: its status has come, and that is what counts. */
async function beginningOf(answer: OutboundAnswer): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size >= keptBytes) break
    }
  } catch {
    // What there is of it is enough.
  } finally {
    answer.discard()
  }
  return Buffer.concat(chunks).subarray(0, keptBytes).toString().replaceAll('\0', '').toWellFormed()
}

const knownReasons: Readonly<Record<string, string>> = {
  'kernel.outbound_refused': 'the registry does not connect to that address',
  ENOTFOUND: 'the host name is not known',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of the answer are too large',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  HPE_HEADER_OVERFLOW: 'the headers of the answer are too large',
}

/** Says what helps whoever runs the other side, and no more. */
function reasonOf(cause: unknown): string {
  for (let error = cause, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth++) {
    const code = 'code' in error ? String(error.code) : ''
    const known = knownReasons[code]
    if (known !== undefined) return known
    if (/^(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)) return 'its certificate is not trusted'
  }
  return 'it did not answer as HTTP demands'
}

import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly tookMs: number
}

export interface Call {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
  readonly timeoutMs?: number
  /** Keeps the connection for the next request. */
  readonly agent?: Agent
}

/** One request, without an agent on a connection of its own, so that a server that was killed leaves nothing behind; rejects when it is cut. */
export function send(url: string, { method = 'GET', headers = {}, body, timeoutMs = 60_000, agent }: Call = {}): Promise<Answer> {
  const began = performance.now()
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const signal = AbortSignal.timeout(timeoutMs)
    const outgoing = request(url, { method, headers: { ...length, ...headers }, agent: agent ?? false, signal }, (incoming) => {
      read(incoming).then(
        (content) =>
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: content, tookMs: performance.now() - began }),
        reject,
      )
    })
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

async function read(incoming: IncomingMessage): Promise<Buffer> {
  const chunks = await incoming.toArray()
  if (!incoming.complete) throw new Error('the answer was cut')
  return Buffer.concat(chunks as Buffer[])
}

export const parsed = <T>({ body }: Answer): T => JSON.parse(body.toString()) as T

/** The answer when it has that status; anything else is thrown with what the server said. */
export function expectStatus(answer: Answer, ...wanted: readonly number[]): Answer {
  if (!wanted.includes(answer.status)) throw new Error(`${answer.status} instead of ${wanted.join(' or ')}: ${answer.body}`)
  return answer
}

/** The content type without its parameters. */
export const mediaType = ({ headers }: Answer): string => headers['content-type']?.split(';')[0] ?? ''

export const problemType = 'application/problem+json'

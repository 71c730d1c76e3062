import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly at: number
}

export type Answer = (response: ServerResponse, received: Received) => void
export const answering =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    void response.writeHead(status, headers).end('thank you')

/** A server on this machine that keeps what is posted to it. */
export async function openReceiver(first: Answer = answering(200)) {
  const received: Received[] = []
  let answer = first
  const server = createServer({ maxHeaderSize: 262_144 }, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    if (request.method !== 'POST') return void response.writeHead(204).end()
    const one = { headers: request.headers, body: Buffer.concat(chunks).toString(), at: Date.now() }
    received.push(one)
    answer(response, one)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    received,
    url: `http://127.0.0.1:${port}/hook`,
    answer(next: Answer) {
      answer = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** How many of the signatures of a message this secret made; as the page for users says, and no line shared with what signs. */
export function validSignatures({ headers, body }: Received, secret: string): number {
  const parts = String(headers['gati-signature']).split(',')
  const time = parts.find((part) => part.startsWith('t='))?.slice(2) ?? ''
  if (Math.abs(Date.now() / 1_000 - Number(time)) > 300) return 0
  const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest()
  const given = parts.filter((part) => part.startsWith('v1=')).map((part) => Buffer.from(part.slice(3), 'hex'))
  return given.filter((mac) => mac.length === expected.length && timingSafeEqual(mac, expected)).length
}

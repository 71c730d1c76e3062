import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** A way to the search server of scripts/services.sh that can be cut off, and that says what the client of Elasticsearch wants to hear. */
export interface SearchServer extends AsyncDisposable {
  readonly url: string
  /** Requests so far, as `METHOD /path`. */
  readonly requests: readonly string[]
  /** Nobody listens any more. */
  cut(): Promise<void>
  /** Takes requests and answers none. */
  stall(): void
  restore(): Promise<void>
}

/** Java and Maven, which it is made with, are not everywhere. */
export const hasSearchServer = process.env['GATI_TEST_SEARCH_SERVER'] !== undefined

export async function startSearchServer(): Promise<SearchServer> {
  const upstream = process.env['GATI_TEST_SEARCH_SERVER']
  if (!upstream) throw new Error('GATI_TEST_SEARCH_SERVER is not set: these tests need the search server of scripts/services.sh')
  const sockets = new Set<Socket>()
  const requests: string[] = []
  let isStalled = false
  const forward = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    requests.push(`${incoming.method} ${incoming.url}`)
    if (isStalled) return
    const { host: _host, ...headers } = incoming.headers
    const onward = request(new URL(incoming.url ?? '/', upstream), { method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, 'x-elastic-product': 'Elasticsearch' })
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  }
  const server = createServer(forward)
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  }
  const port = await listen(0)
  const cut = async () => {
    for (const socket of sockets) socket.destroy()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  return {
    ...{ url: `http://127.0.0.1:${port}`, requests, cut },
    stall() {
      isStalled = true
    },
    async restore() {
      isStalled = false
      for (const socket of sockets) socket.destroy()
      if (!server.listening) await listen(port)
    },
    [Symbol.asyncDispose]: cut,
  }
}

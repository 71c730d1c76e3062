import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export interface CountingProxy extends AsyncDisposable {
  readonly url: string
  /** Bytes clients sent since the last call. */
  takeSent(): number
  /** Lets `bytes` more pass towards the server and then holds everything back; resolves when that many have passed. */
  holdAfter(bytes: number): Promise<void>
  release(): void
}

/** Stands between a client and the server on `port`, to measure what really travels and to stop it half-way. */
export async function startCountingProxy(port: number): Promise<CountingProxy> {
  const sockets = new Set<Socket>()
  let sent = 0
  let limit = Number.POSITIVE_INFINITY
  let reached = () => {}
  const admit = (client: Socket) => {
    const upstream = connect(port, '127.0.0.1')
    for (const [near, far] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(near)
      near.on('error', () => far.destroy())
      near.on('close', () => {
        sockets.delete(near)
        far.destroy()
      })
    }
    upstream.pipe(client)
    client.on('data', (chunk) => {
      sent += chunk.length
      if (!upstream.write(chunk) && sent < limit) {
        client.pause()
        upstream.once('drain', () => void (sent < limit && client.resume()))
      }
      if (sent >= limit) {
        client.pause()
        reached()
      }
    })
  }
  const server = createServer(admit).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    takeSent() {
      const taken = sent
      sent = 0
      return taken
    },
    holdAfter(bytes) {
      limit = sent + bytes
      return new Promise((resolve) => {
        reached = resolve
      })
    },
    release() {
      limit = Number.POSITIVE_INFINITY
      // A paused socket does not even notice that the other side is gone.
      for (const socket of sockets) socket.resume()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

import { Socket } from 'node:net'
import type { Metrics } from './metrics.ts'

interface Noted {
  readonly received: number
  readonly sent: number
}
const nothing: Noted = { received: 0, sent: 0 }

/**
 * Bytes on the wire, headers included, at the end of the request they came or went with. Bytes that a store or a proxy sends in the place of the
 * registry are not among them.
 */
export class SocketTraffic {
  readonly #received
  readonly #sent
  /** Connections are kept alive: what was counted for the requests before. */
  readonly #noted = new WeakMap<Socket, Noted>()

  constructor({ counter }: Pick<Metrics, 'counter'>) {
    const labelNames = ['door'] as const
    this.#received = counter({ name: 'registry_http_received_bytes_total', help: 'Bytes received, by the module asked.', labelNames })
    this.#sent = counter({ name: 'registry_http_sent_bytes_total', help: 'Bytes sent, by the module that answered.', labelNames })
  }

  note(socket: Socket, door: string): void {
    // An injected request has none.
    if (!(socket instanceof Socket)) return
    const before = this.#noted.get(socket) ?? nothing
    const now = { received: socket.bytesRead, sent: socket.bytesWritten }
    this.#noted.set(socket, now)
    this.#received.inc({ door }, Math.max(0, now.received - before.received))
    this.#sent.inc({ door }, Math.max(0, now.sent - before.sent))
  }
}

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { malformedRequestAnswer } from './http-problems.ts'

/** Requests whose client waits for `100 Continue` before it sends the body. */
const awaiting = new WeakSet<IncomingMessage>()
export const awaitsContinue = (raw: IncomingMessage): boolean => awaiting.has(raw)

/** Tells the client to send the body, if it waits for that. */
export function sendContinue(raw: IncomingMessage, answer: ServerResponse): void {
  if (awaiting.delete(raw) && !answer.headersSent) answer.writeContinue()
}

/** A refusal reaches the client before it sends the body (D-26): `100 Continue` goes out when somebody reads. */
export function delayContinue(server: Server): void {
  server.on('checkContinue', (raw: IncomingMessage, answer: ServerResponse) => {
    awaiting.add(raw)
    server.emit('request', raw, answer)
  })
}

const answers = new WeakMap<Socket, ServerResponse>()
export const rememberAnswer = (raw: IncomingMessage, answer: ServerResponse): void => void answers.set(raw.socket, answer)

/** What the parser refuses: one problem document, unless another answer is half written, and the end of the connection. */
export function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const current = answers.get(socket)
  const halfWritten = current?.headersSent === true && !current.writableFinished
  if (halfWritten) socket.destroy()
  else socket.end(malformedRequestAnswer(error.code ?? ''), () => socket.destroy())
}

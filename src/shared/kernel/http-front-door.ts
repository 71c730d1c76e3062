import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Problem } from '../errors/problem.ts'
import { healthReport } from './handlers/health.ts'
import { closeAfterAnswer } from './http-body.ts'
import { delayContinue, refuseMalformed } from './http-connection.ts'
import { requestIdOf } from './http-exchange.ts'
import { listenerOptions } from './http-options.ts'
import { problemDocument } from './http-problems.ts'
import type { KernelSettings } from './kernel-settings.ts'
import type { Logger } from './logger.ts'

const starting: Problem = {
  type: 'urn:registry:service.starting',
  title: 'the registry is starting',
  status: 503,
  code: 'service.starting',
  message: 'the registry is starting',
  details: {},
  suggestions: [],
}

/** What the start goes through before the registry can serve. */
type Stage = 'migrations' | 'modules'

/** Has the port while the registry starts (D-37): `/health` is 200, `/ready` 503 with the stages, everything else 503. */
export interface FrontDoor {
  /** With the port that was picked for port 0. */
  readonly address: string
  passed(stage: Stage): void
  /** The next `listen` of `server` takes the open socket over, so that no connection is refused in between. */
  handOver(server: Server): void
  close(): Promise<void>
}

/** Opens the port; rejects when it is taken. */
export async function openFrontDoor(options: { settings: KernelSettings; version: string; log: Logger }): Promise<FrontDoor> {
  const { settings, version, log } = options
  const stages: Record<Stage, 'pending' | 'up'> = { migrations: 'pending', modules: 'pending' }
  const listener = await listenerOptions(settings)
  const door = listener.https ? createTlsServer(listener.https) : createServer(listener.http)
  let successor: Server | undefined
  delayContinue(door)
  door.on('clientError', refuseMalformed)
  door.on('request', (request: IncomingMessage, answer: ServerResponse) => {
    answer.shouldKeepAlive = false
    // A connection opened before the handover may bring its request after it.
    if (successor) successor.emit('request', request, answer)
    else answerWhileStarting({ request, answer, version, stages })
  })
  await opened(door, settings)
  const address = addressOf(door, settings, listener.https ? 'https' : 'http')
  log.info({ address }, 'the port is open, the registry starts')
  return {
    address,
    passed(stage) {
      stages[stage] = 'up'
    },
    handOver(server) {
      const listen = server.listen
      server.listen = () => {
        Reflect.deleteProperty(server, 'listen')
        if (!door.listening) throw new Error('the registry was stopped before it listened')
        listen.call(server, door)
        successor = server
        return server
      }
    },
    close: () => closed(door),
  }
}

function opened(door: Server, { host, port }: KernelSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    door.once('error', reject)
    door.listen({ host, port }, () => {
      door.off('error', reject)
      resolve()
    })
  })
}

function closed(door: Server): Promise<void> {
  return new Promise((resolve) => {
    door.close(() => resolve())
    door.closeAllConnections()
  })
}

function addressOf(door: Server, { host }: KernelSettings, scheme: string): string {
  const { port } = door.address() as AddressInfo
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

type Stages = Readonly<Record<Stage, 'pending' | 'up'>>

interface EarlyExchange {
  readonly request: IncomingMessage
  readonly answer: ServerResponse
  readonly version: string
  readonly stages: Stages
}

function answerWhileStarting({ request, answer, version, stages }: EarlyExchange): void {
  const requestId = requestIdOf(request)
  const asked = request.method === 'GET' || request.method === 'HEAD' ? request.url?.split('?')[0] : undefined
  const [status, type, body] = contentOf(asked, { requestId, version, stages })
  closeAfterAnswer(request)
  answer
    .writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-request-id': requestId,
      'x-content-type-options': 'nosniff',
      ...(status === 503 && { 'retry-after': '1' }),
    })
    .end(body)
}

const json = 'application/json; charset=utf-8'

function contentOf(
  asked: string | undefined,
  { requestId, version, stages }: { requestId: string; version: string; stages: Stages },
): [status: number, type: string, body: string] {
  if (asked === '/health') return [200, json, JSON.stringify(healthReport(version))]
  if (asked !== '/ready') return [503, 'application/problem+json', problemDocument(starting, requestId)]
  const checks = Object.fromEntries(Object.entries(stages).map(([stage, status]) => [stage, { status }]))
  return [503, json, JSON.stringify({ status: 'starting', checks })]
}

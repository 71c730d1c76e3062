import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { DomainError } from '../../src/shared/errors/domain-error.ts'
import type { Cache } from '../../src/shared/kernel/cache.ts'
import { createMemoryCache } from '../../src/shared/kernel/cache-memory.ts'
import type { Handler } from '../../src/shared/kernel/handler.ts'
import { closeGracefully, listen } from '../../src/shared/kernel/http-listen.ts'
import { mountModule } from '../../src/shared/kernel/http-module.ts'
import type { HttpMount } from '../../src/shared/kernel/http-mount.ts'
import { createReadiness, type Readiness } from '../../src/shared/kernel/http-readiness.ts'
import { createHttp } from '../../src/shared/kernel/http-server.ts'
import { KernelSettings } from '../../src/shared/kernel/kernel-settings.ts'
import { createLogger } from '../../src/shared/kernel/logging.ts'
import { createMetrics } from '../../src/shared/kernel/metrics.ts'
import { defineModule, type Module } from '../../src/shared/kernel/module.ts'
import { type Authenticator, anonymous, type Principal, type Scope } from '../../src/shared/kernel/principal.ts'
import { readSettings } from '../../src/shared/kernel/settings.ts'
import type { Tracing } from '../../src/shared/kernel/tracing.ts'

export class BadCredential extends DomainError {
  readonly kind = 'unauthenticated'
  readonly code = 'auth.invalid_credential'
}

/** `Bearer <name>:<scope>` is that user with that scope; `Bearer bad` is refused. */
export function fakeAuthenticator(): Authenticator & { asked: number } {
  return {
    asked: 0,
    async authenticate({ headers }: FastifyRequest): Promise<Principal> {
      this.asked += 1
      const [, name, scope] = /^Bearer (\w+):?(\w*)$/.exec(headers.authorization ?? '') ?? []
      if (name === undefined) return anonymous
      if (name === 'bad') throw new BadCredential('the token is no good')
      return { userId: `id-${name}`, username: name, isAdmin: false, scopes: new Set([scope as Scope]) }
    },
  }
}

export const moduleOf = (name: string, handlers: readonly Handler[], http: HttpMount = {}): Module =>
  defineModule({ name, description: name, config: Type.Object({}), deps: {}, provides: {}, setup: () => ({}), handlers, http })

export interface Fixture extends AsyncDisposable {
  readonly http: FastifyInstance
  readonly authenticator: ReturnType<typeof fakeAuthenticator>
  readonly readiness: Readiness
  readonly lines: () => Record<string, unknown>[]
  readonly logText: () => string
  /** Set by `open: true`. */
  readonly address: string
  readonly port: number
}

export interface FixtureOptions {
  readonly modules?: readonly Module[]
  readonly settings?: Partial<KernelSettings>
  readonly cache?: Cache
  readonly tracing?: Tracing
  /** Listens on a free port. */
  readonly open?: boolean
}

export async function startHttp({ modules = [], settings: given = {}, cache, tracing, open = false }: FixtureOptions): Promise<Fixture> {
  const defaults = readSettings(KernelSettings, { owner: 'kernel', prefix: 'REGISTRY', given: { port: 0, ...given }, env: {} }, [])
  const settings: KernelSettings = { ...defaults, ...given }
  const output = new PassThrough()
  const written: string[] = []
  output.on('data', (chunk: Buffer) => written.push(chunk.toString()))
  const log = createLogger({ logLevel: 'debug' }, output)
  const readiness = createReadiness()
  const http = await createHttp({
    settings,
    log,
    version: '1.2.3',
    cache: cache ?? createMemoryCache({ maxBytes: 1_000_000 }),
    metrics: createMetrics(),
    readiness,
    tracing,
  })
  const authenticator = fakeAuthenticator()
  for (const module of modules) await mountModule(http, module, { resolve: neverResolves, authenticator })
  const address = open ? await listen(http, log) : ''
  await http.ready()
  readiness.started()
  const logText = () => written.join('')
  return {
    http,
    authenticator,
    readiness,
    address,
    port: open ? Number(new URL(address).port) : 0,
    logText,
    lines: () =>
      logText()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    [Symbol.asyncDispose]: async () => void (await closeGracefully(http, 0)),
  }
}

const neverResolves = (): never => {
  throw new Error('these modules need no services')
}

export interface RawAnswer {
  readonly text: string
  readonly status: number
  readonly closed: boolean
}

/** Sends bytes as they are and reads until the other side closes or `waitMs` pass without a byte. */
export function sendRaw(port: number, bytes: string | Buffer, waitMs = 300): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let text = ''
    let closed = false
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.setTimeout(waitMs, () => socket.destroy())
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('end', () => {
      closed = true
    })
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? undefined : reject(error),
    )
    socket.on('close', () => resolve({ text, closed, status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0) }))
  })
}

export const until = async (condition: () => boolean, limitMs = 5_000): Promise<void> => {
  const end = Date.now() + limitMs
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not happen in time')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

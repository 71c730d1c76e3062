import type { TObject, TSchema } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest, HTTPMethods, RouteOptions } from 'fastify'
import type { Scope } from './principal.ts'
import { type Resolve, type Resolved, resolveAll, type Services } from './service.ts'

export interface HttpSchema {
  readonly params?: TObject
  readonly querystring?: TObject
  readonly headers?: TObject
  readonly body?: TSchema
  readonly response?: Readonly<Record<number, TSchema>>
}
type Part<S extends HttpSchema, K extends keyof HttpSchema> = S[K] extends { static: infer T } ? T : unknown
type Answer<S extends HttpSchema> = S['response'] extends infer R extends Readonly<Record<number, TSchema>>
  ? R[keyof R & number]['static']
  : undefined
export type TypedRequest<S extends HttpSchema> = FastifyRequest<{
  Params: Part<S, 'params'>
  Querystring: Part<S, 'querystring'>
  Headers: Part<S, 'headers'>
  Body: Part<S, 'body'>
}>

/** `anonymous`: no credential needed (one that is sent is still checked). A scope: the caller must be known and hold it. */
export type HandlerAuth = 'anonymous' | Scope

export interface RateLimit {
  readonly max: number
  readonly windowMs: number
  /** Users are not counted: they have a name to answer with. */
  readonly anonymousOnly?: true
}

export interface Handler {
  readonly method: HTTPMethods | HTTPMethods[]
  readonly url: string
  readonly auth: HandlerAuth
  readonly rateLimit: RateLimit | undefined
  readonly deps: Services
  readonly bind: (resolve: Resolve) => RouteOptions
}

/**
 * One route. `rawBody` hands the body over as an unread stream (`request.body` is the stream), whatever its content type;
 * such routes have no whole-request time limit (D-17).
 */
export function defineHandler<const S extends HttpSchema, const D extends Services>(spec: {
  method: HTTPMethods | HTTPMethods[]
  url: string
  auth: HandlerAuth
  summary: string
  tags?: readonly string[]
  rateLimit?: RateLimit
  rawBody?: boolean
  /** Bytes; a larger JSON body is answered 413 before it is parsed. */
  bodyLimit?: number
  /** Members of all objects in a JSON body together, where batches have more than the usual 10,000. */
  maxJsonKeys?: number
  /** Parameters of the path that are secrets: neither the log nor a trace shows them. */
  secretParams?: readonly string[]
  /** Of an anonymous route: the caller stays unknown, whatever came along. For logins, which clients also call with a credential that is over. */
  ignoresCredentials?: boolean
  schema: S
  deps: D
  handle: (request: TypedRequest<S>, deps: Resolved<D>, reply: FastifyReply) => Promise<Answer<S> | FastifyReply>
}): Handler {
  const { method, url, auth, deps, handle } = spec
  return {
    method,
    url,
    auth,
    rateLimit: spec.rateLimit,
    deps,
    bind: (resolve) => {
      const resolved = resolveAll(deps, resolve)
      return {
        method,
        url,
        schema: { ...spec.schema, summary: spec.summary, tags: spec.tags ?? [], ...security(auth) },
        config: {
          ...{ auth, rawBody: spec.rawBody === true, ...(spec.rateLimit && { limit: spec.rateLimit }) },
          ...{ secretParams: spec.secretParams ?? [], ignoresCredentials: spec.ignoresCredentials === true },
          ...(spec.maxJsonKeys !== undefined && { maxJsonKeys: spec.maxJsonKeys }),
        },
        ...(spec.bodyLimit !== undefined && { bodyLimit: spec.bodyLimit }),
        handler: (request, reply) => handle(request as unknown as TypedRequest<S>, resolved, reply),
      }
    },
  }
}

const security = (auth: HandlerAuth) => ({
  security: auth === 'anonymous' ? [{}, { bearer: [] }, { basic: [] }] : [{ bearer: [] }, { basic: [] }],
})

declare module 'fastify' {
  interface FastifyContextConfig {
    auth?: HandlerAuth
    rawBody?: boolean
    limit?: RateLimit
    secretParams?: readonly string[]
    ignoresCredentials?: boolean
    maxJsonKeys?: number
  }
}

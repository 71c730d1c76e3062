import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../errors/problem.ts'

/** How a module sits in the URL space, and how its clients expect failures to look. */
export interface HttpMount {
  readonly prefix?: string
  /** Puts the URL of a request below `prefix` in order before it is routed. */
  readonly rewriteUrl?: (url: string) => string
  /**
   * Requests whose first segment no route has are served below `prefix`, as if it stood before them. The function says which path answers a PUT of
   * one segment that is a route of somebody else. One mount can claim the root.
   */
  readonly claimsRoot?: (path: string) => string
  /** Replaces the problem document of RFC 9457 by the door's native form. */
  readonly renderError?: (problem: Problem, reply: FastifyReply, request: FastifyRequest) => unknown
  /** Value of `WWW-Authenticate` on a 401, for doors whose clients need their own challenge. */
  readonly challenge?: (request: FastifyRequest) => string
  /** Content-type parsers and hooks of this mount only. */
  readonly prepare?: (scope: FastifyInstance) => void | Promise<void>
}

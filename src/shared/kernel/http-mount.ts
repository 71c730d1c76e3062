import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../errors/problem.ts'

/** How a module sits in the URL space, and how its clients expect failures to look. */
export interface HttpMount {
  readonly prefix?: string
  /** Replaces the problem document of RFC 9457 by the door's native form. */
  readonly renderError?: (problem: Problem, reply: FastifyReply, request: FastifyRequest) => unknown
  /** Value of `WWW-Authenticate` on a 401, for doors whose clients need their own challenge. */
  readonly challenge?: (request: FastifyRequest) => string
  /** Content-type parsers and hooks of this mount only. */
  readonly prepare?: (scope: FastifyInstance) => void | Promise<void>
}

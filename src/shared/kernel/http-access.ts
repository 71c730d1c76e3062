import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { HandlerAuth } from './handler.ts'
import { AuthRequired, InsufficientScope } from './http-errors.ts'
import type { RateLimits } from './http-limits.ts'
import { type Authenticator, anonymous, type Principal, type Scope, scopes } from './principal.ts'

export interface Gate {
  /** Absent: everybody is anonymous. */
  readonly authenticator: Authenticator | undefined
  readonly limits: RateLimits
}

/** Asks once who is calling, before any body is read, then whether this route is for them. */
export function guard(scope: FastifyInstance, { authenticator, limits }: Gate): void {
  scope.addHook('onRequest', async (request) => {
    if (!request.routeOptions.config.ignoresCredentials) request.principal = await identify(request, authenticator, limits)
    request.exchange.context.actor = nameOf(request.principal)
    await limits.count(request)
    // Only the answer 404 has no route and so no `auth`; routes without one are refused when they are mounted.
    demand(request.routeOptions.config.auth ?? 'anonymous', request.principal)
  })
}

async function identify(request: FastifyRequest, authenticator: Authenticator | undefined, limits: RateLimits): Promise<Principal> {
  if (!authenticator) return anonymous
  try {
    return await authenticator.authenticate(request)
  } catch (error) {
    await limits.count(request)
    throw error
  }
}

export const nameOf = ({ username, userId }: Principal): string | null => username ?? userId ?? null

/** Throws `AuthRequired` or `InsufficientScope`. */
export function demand(auth: HandlerAuth, principal: Principal): void {
  if (auth === 'anonymous') return
  if (principal.userId === undefined) throw new AuthRequired()
  if (!holds(principal, auth)) throw new InsufficientScope(auth, [...principal.scopes])
}

/** `publish` includes `read`, `admin` includes both. */
const holds = (principal: Principal, wanted: Scope): boolean =>
  scopes.slice(scopes.indexOf(wanted)).some((scope) => principal.scopes.has(scope))

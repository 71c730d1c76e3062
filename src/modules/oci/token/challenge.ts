import type { FastifyRequest } from 'fastify'
import { pathOf } from '../../../shared/kernel/http-exchange.ts'
import { publicUrl } from '../../../shared/kernel/http-public-url.ts'
import { parseRepository } from '../repository.ts'

const tokenPath = '/v2/token'
const basic = 'Basic realm="gati", charset="UTF-8"'
// Greedy, because a segment of a name may be called like a route.
const repositoryPath = /^\/v2\/(.+)\/(?:blobs|manifests|referrers|tags)\/.*$/
const reading = new Set(['GET', 'HEAD'])

/**
 * Value of `WWW-Authenticate` for a 401 of this door: where to get which token (CNCF distribution, "Token Authentication Specification"). Nothing
 * of the URL goes into it but names that parse.
 */
export function challenge(request: FastifyRequest): string {
  // Whoever is refused there would come back to the same place.
  if (pathOf(request.url) === tokenPath) return basic
  const { settings, address } = request.server.shell
  const realm = new URL(`${publicUrl(settings, address)}${tokenPath}`)
  const scopes = scopesOf(request)
  const error = errorOf(request)
  return [
    `Bearer realm="${realm.href}"`,
    `service="${realm.host}"`,
    ...(scopes.length > 0 ? [`scope="${scopes.join(' ')}"`] : []),
    ...(error === undefined ? [] : [`error="${error}"`]),
  ].join(',')
}

/** RFC 6750 §3.1; absent when no credential came. */
function errorOf({ principal, headers }: FastifyRequest): string | undefined {
  if (headers.authorization === undefined) return undefined
  return principal.access === undefined ? 'invalid_token' : 'insufficient_scope'
}

function scopesOf(request: FastifyRequest): string[] {
  const path = pathOf(request.url)
  if (path === '/v2/_catalog') return ['registry:catalog:*']
  const name = repositoryPath.exec(path)?.[1]
  if (name === undefined || !parseRepository(name)) return []
  const scope = `repository:${name}:${actionsOf(request.method, path)}`
  const from = mountedFrom(request)
  return from === undefined || from === name ? [scope] : [scope, `repository:${from}:pull`]
}

function actionsOf(method: string, path: string): string {
  if (method === 'DELETE' && !isUpload(path)) return 'pull,push,delete'
  return reading.has(method) && !isUpload(path) ? 'pull' : 'pull,push'
}

const isUpload = (path: string): boolean => /\/blobs\/uploads(?:\/[^/]*)?$/.test(path)

/** A mount reads from another repository, so its token is for both. */
function mountedFrom({ method, query }: FastifyRequest): string | undefined {
  if (method !== 'POST' || typeof query !== 'object' || query === null || !('mount' in query) || !('from' in query)) return undefined
  return typeof query.from === 'string' && parseRepository(query.from) ? query.from : undefined
}

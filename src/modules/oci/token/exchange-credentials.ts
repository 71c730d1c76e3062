import { Readable } from 'node:stream'
import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { Authorizer, DoorTokens } from '../../auth/contract.ts'
import { Catalog } from '../../metadata/contract.ts'
import { CacheNamespaces } from '../upstream/upstreams.ts'
import { FormInvalid } from './errors.ts'
import { field, readForm } from './form.ts'
import { permit } from './permitted-access.ts'
import { parseScopes } from './scope-grammar.ts'
import { TokenAnswer, tokenAnswer } from './token-answer.ts'

const printable = /^[\x20-\x7e]{1,80}$/

export const exchangeCredentials = defineHandler({
  method: 'POST',
  url: '/v2/token',
  auth: 'anonymous',
  summary: 'The same by the grants password and refresh_token of OAuth 2.0; an API token serves as refresh token',
  tags: ['oci'],
  rawBody: true,
  bodyLimit: 65_536,
  schema: { response: { 200: TokenAnswer, 400: Type.Object({ error: Type.String() }) } },
  deps: { doorTokens: DoorTokens, catalog: Catalog, authorizer: Authorizer, caches: CacheNamespaces },
  async handle({ headers, body }, { doorTokens, ...deps }, reply) {
    reply.header('cache-control', 'no-store')
    const form = await readForm(headers['content-type'], streamOf(body))
    const asked = parseScopes(form.getAll('scope'))
    const principal = await identify(form, doorTokens)
    if (!principal) return reply.code(400).send({ error: 'unsupported_grant_type' })
    const { access, scope } = await permit(principal, asked, deps)
    const token = await doorTokens.issue(principal, access)
    const kept = await refreshTokenFor(principal, form, doorTokens)
    return { ...tokenAnswer(token), scope, ...(kept !== undefined && { refresh_token: kept }) }
  },
})

function streamOf(body: unknown): Readable {
  if (!(body instanceof Readable)) throw new FormInvalid('the body is missing')
  return body
}

/** Undefined for a grant type this registry does not know. */
async function identify(form: URLSearchParams, doorTokens: DoorTokens): Promise<Principal | undefined> {
  const grantType = field(form, 'grant_type')
  if (grantType === 'refresh_token') return doorTokens.identify({ token: required(form, 'refresh_token') })
  if (grantType !== 'password') return undefined
  return doorTokens.identify({ username: required(form, 'username'), password: required(form, 'password') })
}

/** OAuth 2.0 for the docker CLI: with `access_type=offline` it keeps this instead of the password. */
async function refreshTokenFor(principal: Principal, form: URLSearchParams, doorTokens: DoorTokens): Promise<string | undefined> {
  if (field(form, 'grant_type') !== 'password' || field(form, 'access_type') !== 'offline') return undefined
  // An API token that came as the password is what it would keep anyway.
  if (principal.grantId !== undefined) return field(form, 'password')
  const client = field(form, 'client_id') ?? ''
  return doorTokens.remember(principal, `docker login ${printable.test(client) ? client : ''}`.trim())
}

function required(form: URLSearchParams, name: string): string {
  const value = field(form, name)
  if (value === undefined) throw new FormInvalid(`the field ${name} is missing`)
  return value
}

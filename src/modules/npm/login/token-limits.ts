import { type Static, Type } from '@sinclair/typebox'
import { isNetwork } from '../../../shared/kernel/outbound-targets.ts'
import type { Scope } from '../../../shared/kernel/principal.ts'
import { oneOf } from '../../../shared/types/one-of.ts'
import type { NewApiToken } from '../../auth/logins.contract.ts'
import { newPackageRef } from '../package-ref.ts'
import { TokenLimitUnsupported } from './errors.ts'
import { Password, Text } from './schemas.ts'

const nullable = <S extends Parameters<typeof Type.Optional>[0]>(schema: S) => Type.Optional(Type.Union([schema, Type.Null()]))
const names = nullable(Type.Array(Type.String({ minLength: 1, maxLength: 300 }), { maxItems: 100 }))
const permission = nullable(oneOf(['read-only', 'read-write', 'read-write-stage-only', 'no-access']))

/** What npm 9 to 12 send for `npm token create`. */
export const TokenRequest = Type.Object({
  password: Password,
  name: nullable(Text),
  description: nullable(Type.String({ maxLength: 500 })),
  readonly: nullable(Type.Boolean()),
  cidr_whitelist: names,
  packages: names,
  packages_all: nullable(Type.Boolean()),
  scopes: names,
  orgs: names,
  packages_and_scopes_permission: permission,
  orgs_permission: permission,
  expires: nullable(Type.Integer({ minimum: 1, maximum: 3_650 })),
  bypass_2fa: nullable(Type.Boolean()),
})
export type TokenRequest = Static<typeof TokenRequest>

/**
 * A token of ours has one set of scopes and one kind of limit. Throws TokenLimitUnsupported for what would need more, and PackageNameInvalid:
 * nobody shall get a token that is good for more than was asked for.
 */
export function tokenFor(request: TokenRequest): NewApiToken {
  const networks = (request.cidr_whitelist ?? []).map(networkOf)
  const { limits, scopes } = limitsOf(request)
  return {
    name: request.name || `npm token ${new Date().toISOString().slice(0, 10)}`,
    scopes: request.readonly ? ['read'] : scopes,
    ...limits,
    ...(networks.length > 0 && { networks }),
    ...(request.bypass_2fa && { bypassesSecondFactor: true }),
    ...(request.expires && { expiresInDays: request.expires }),
  }
}

type Limits = Pick<NewApiToken, 'namespaces' | 'artifacts'>
interface Granted {
  readonly limits: Limits
  readonly scopes: readonly Scope[]
}

function limitsOf(request: TokenRequest): Granted {
  const forOrgs = (request.orgs ?? []).length > 0 && request.orgs_permission !== 'no-access'
  const forPackages = request.packages_all === true || [request.packages, request.scopes].flat().some(Boolean)
  const access = scopeOf(request.packages_and_scopes_permission, 'publish')
  if (forOrgs && forPackages && access !== undefined)
    throw new TokenLimitUnsupported('make one token for packages and another one for organizations')
  if (forOrgs)
    return { limits: { namespaces: (request.orgs ?? []).map(scopeName) }, scopes: [required(scopeOf(request.orgs_permission, 'admin'))] }
  if (forPackages) return { limits: packageLimits(request), scopes: [required(access)] }
  // Older clients name no limits at all and mean everything.
  return { limits: {}, scopes: request.packages_and_scopes_permission ? [required(access)] : ['admin'] }
}

function packageLimits({ packages_all, ...named }: TokenRequest): Limits {
  if (packages_all) return {}
  const [packages, scopes] = [named.packages ?? [], named.scopes ?? []]
  if (packages.length > 0 && scopes.length > 0)
    throw new TokenLimitUnsupported('a token is good for packages or for scopes, not for both; make two')
  return packages.length > 0 ? { artifacts: packages.map(pathOf) } : { namespaces: scopes.map(scopeName) }
}

/** Undefined for no access. Nothing said is the least. */
function scopeOf(wanted: TokenRequest['orgs_permission'], write: Scope): Scope | undefined {
  if (wanted === 'read-write-stage-only') throw new TokenLimitUnsupported('no token of this registry is good for staging only')
  if (wanted === 'no-access') return undefined
  return wanted === 'read-write' ? write : 'read'
}

function required(scope: Scope | undefined): Scope {
  if (scope === undefined) throw new TokenLimitUnsupported('a token without any access is of no use')
  return scope
}

function pathOf(text: string): string {
  const { namespace, name } = newPackageRef(text)
  return `${namespace}/${name}`
}

function scopeName(text: string): string {
  const name = text.replace(/^@/, '')
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name) || name.length > 39) throw new TokenLimitUnsupported(`${text} is no scope of this registry`)
  return name
}

function networkOf(text: string): string {
  if (!isNetwork(text)) throw new TokenLimitUnsupported(`${text.slice(0, 50)} is no address and no CIDR range`)
  return text
}

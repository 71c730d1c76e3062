import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Principal, Scope } from '../../shared/kernel/principal.ts'
import type { RepositoryAccess } from './contract.ts'
import { DoorTokenTooLarge } from './errors.ts'
import { Uuid } from './schemas.ts'
import { endOf, maxTokenLength, type SignedToken, SignedTokens } from './signed-tokens.ts'
import type { SigningKeys } from './signing-keys.ts'

const audience = 'gati-registry/oci'
const maxRepositories = 20

/** What a token of a door was issued for: an API token or session, a password as of its version, or nobody. */
export type DoorBearer =
  | { readonly userId: string; readonly grantId: string }
  | { readonly userId: string; readonly credentialsVersion: number }
  | undefined

export interface DoorClaims {
  readonly bearer: DoorBearer
  readonly access: NonNullable<Principal['access']>
  readonly expiresAtMs: number
}

const Action = Type.Union([Type.Literal('pull'), Type.Literal('push'), Type.Literal('*')])
const AccessClaim = Type.Array(
  Type.Object({
    type: Type.Union([Type.Literal('repository'), Type.Literal('registry')]),
    name: Type.String({ minLength: 1, maxLength: 300 }),
    actions: Type.Array(Action, { maxItems: 3 }),
  }),
  { maxItems: maxRepositories },
)
const Claims = Type.Object({
  sub: Type.Optional(Uuid),
  jti: Type.Optional(Uuid),
  ver: Type.Optional(Type.Integer({ minimum: 0 })),
  access: AccessClaim,
})
type Claims = Static<typeof Claims>

const actionOf = { read: 'pull', publish: 'push', admin: '*' } as const
const scopeOf: Readonly<Record<Static<typeof Action>, Scope>> = { pull: 'read', push: 'publish', '*': 'admin' }

/** JWTs of the audience of doors: neither kind is accepted where the other belongs. */
export class DoorClaimsCodec {
  readonly #tokens: SignedTokens

  constructor(keys: SigningKeys, lifetimeSeconds: number) {
    this.#tokens = new SignedTokens(keys, audience, lifetimeSeconds)
  }

  /** Throws DoorTokenTooLarge for what no header could carry. */
  async sign(bearer: DoorBearer, access: RepositoryAccess): Promise<SignedToken> {
    if (access.size > maxRepositories) throw new DoorTokenTooLarge()
    const signed = await this.#tokens.sign({ ...bearerClaims(bearer), access: accessClaim(access) })
    if (signed.token.length > maxTokenLength) throw new DoorTokenTooLarge()
    return signed
  }

  /** Undefined for anything but a token of a door of this registry that is good now (D-23). */
  async verify(token: string): Promise<DoorClaims | undefined> {
    const payload = await this.#tokens.verify(token)
    if (!payload || !Value.Check(Claims, payload)) return undefined
    const known = bearerOf(payload)
    return known && { bearer: known.bearer, access: accessOf(payload), expiresAtMs: endOf(payload) }
  }
}

function bearerClaims(bearer: DoorBearer): Pick<Claims, 'sub' | 'jti' | 'ver'> {
  if (!bearer) return {}
  return { sub: bearer.userId, ...('grantId' in bearer ? { jti: bearer.grantId } : { ver: bearer.credentialsVersion }) }
}

/** Undefined when the claims do not name one credential or none. */
function bearerOf({ sub, jti, ver }: Claims): { readonly bearer: DoorBearer } | undefined {
  if (sub === undefined) return jti === undefined && ver === undefined ? { bearer: undefined } : undefined
  if (jti !== undefined) return ver === undefined ? { bearer: { userId: sub, grantId: jti } } : undefined
  return ver === undefined ? undefined : { bearer: { userId: sub, credentialsVersion: ver } }
}

const accessClaim = (access: RepositoryAccess): Claims['access'] =>
  [...access].map(([name, scopes]) => ({
    type: name.includes('/') ? 'repository' : 'registry',
    name,
    actions: [...scopes].map((scope) => actionOf[scope]),
  }))

const accessOf = ({ access }: Claims): ReadonlyMap<string, ReadonlySet<Scope>> =>
  new Map(access.map(({ name, actions }) => [name, new Set(actions.map((action) => scopeOf[action]))]))

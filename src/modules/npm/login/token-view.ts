import { type Static, Type } from '@sinclair/typebox'
import type { ApiToken } from '../../auth/logins.contract.ts'

const list = Type.Union([Type.Array(Type.String()), Type.Null()])

export const TokenView = Type.Object({
  key: Type.String(),
  token: Type.String(),
  name: Type.String(),
  created: Type.String(),
  updated: Type.String(),
  readonly: Type.Boolean(),
  automation: Type.Boolean(),
  bypass_2fa: Type.Boolean(),
  cidr_whitelist: list,
  expires: Type.Union([Type.String(), Type.Null()]),
  last_used: Type.Union([Type.String(), Type.Null()]),
  permissions: Type.Array(Type.String()),
  scopes: list,
  packages: list,
})

/** `token`: the whole of it when it was made just now, else its beginning, by which npm finds it again. */
export const tokenView = (token: ApiToken, text: string): Static<typeof TokenView> => ({
  ...{ key: token.key, token: text, name: token.name, created: token.createdAt, updated: token.createdAt },
  readonly: token.scopes.every((scope) => scope === 'read'),
  ...{ automation: token.bypassesSecondFactor, bypass_2fa: token.bypassesSecondFactor },
  ...{ cidr_whitelist: token.networks, expires: token.expiresAt, last_used: token.lastUsedAt },
  permissions: token.scopes,
  scopes: token.namespaces?.map((name) => `@${name}`) ?? null,
  packages: token.artifacts?.map(packageOf) ?? null,
})

const packageOf = (path: string): string => (path.startsWith('library/') ? path.slice('library/'.length) : `@${path}`)

import { type Static, Type } from '@sinclair/typebox'
import type { DoorToken } from '../../auth/contract.ts'

/** CNCF distribution, "Token Authentication Specification" and its OAuth2 variant; clients read one of the two names of the token. */
export const TokenAnswer = Type.Object({
  token: Type.String(),
  access_token: Type.String(),
  expires_in: Type.Integer(),
  issued_at: Type.String(),
  scope: Type.Optional(Type.String()),
  refresh_token: Type.Optional(Type.String()),
})
export type TokenAnswer = Static<typeof TokenAnswer>

export const tokenAnswer = ({ token, expiresInSeconds, issuedAt }: DoorToken): TokenAnswer => ({
  token,
  access_token: token,
  expires_in: expiresInSeconds,
  issued_at: issuedAt,
})

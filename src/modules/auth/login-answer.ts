import { Type } from '@sinclair/typebox'
import { ScopeName } from './schemas.ts'

export const Login = Type.Object({
  accessToken: Type.String(),
  tokenType: Type.Literal('Bearer'),
  expiresAt: Type.String(),
  refreshToken: Type.String(),
  scopes: Type.Array(ScopeName),
})

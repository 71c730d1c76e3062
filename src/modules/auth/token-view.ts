import { Type } from '@sinclair/typebox'
import { NullableString, ScopeName } from './schemas.ts'

const limits = Type.Union([Type.Array(Type.String()), Type.Null()])

export const TokenView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  scopes: Type.Array(ScopeName),
  namespaces: limits,
  artifacts: limits,
  createdAt: Type.String(),
  expiresAt: NullableString,
  lastUsedAt: NullableString,
})

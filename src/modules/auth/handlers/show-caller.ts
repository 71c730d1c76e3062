import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { knownCaller } from '../known-caller.ts'
import { ScopeName } from '../schemas.ts'

export const showCaller = defineHandler({
  method: 'GET',
  url: '/v1/auth/whoami',
  auth: 'read',
  summary: 'Whose credential this is and what it is good for',
  tags: ['auth'],
  schema: {
    response: {
      200: Type.Object({
        id: Type.String(),
        username: Type.String(),
        isAdmin: Type.Boolean(),
        scopes: Type.Array(ScopeName),
        namespaces: Type.Optional(Type.Array(Type.String())),
        artifacts: Type.Optional(Type.Array(Type.String())),
      }),
    },
  },
  deps: {},
  async handle({ principal }) {
    const { userId, username, isAdmin, scopes, namespaces, artifacts } = knownCaller(principal)
    const limits = { ...(namespaces && { namespaces: [...namespaces] }), ...(artifacts && { artifacts: [...artifacts] }) }
    return { id: userId, username, isAdmin, scopes: [...scopes], ...limits }
  },
})

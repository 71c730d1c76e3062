import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'

export const showCaller = defineHandler({
  method: 'GET',
  url: '/-/whoami',
  auth: 'read',
  summary: 'Whose credential this is',
  tags: ['npm'],
  schema: { response: { 200: Type.Object({ username: Type.String() }) } },
  deps: {},
  handle: async ({ principal }) => ({ username: principal.username ?? '' }),
})

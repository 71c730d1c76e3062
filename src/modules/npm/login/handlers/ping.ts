import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'

export const ping = defineHandler({
  method: 'GET',
  url: '/-/ping',
  auth: 'anonymous',
  summary: 'Whether the registry answers',
  tags: ['npm'],
  schema: { response: { 200: Type.Object({}) } },
  deps: {},
  handle: async () => ({}),
})

import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { WebLogins } from '../../../auth/logins.contract.ts'

export const pollWebLogin = defineHandler({
  method: 'GET',
  url: '/-/v1/login/done/:poll',
  auth: 'anonymous',
  ignoresCredentials: true,
  secretParams: ['poll'],
  summary: 'The token of a login in a browser, once; 202 while nobody has logged in',
  tags: ['npm'],
  schema: {
    params: Type.Object({ poll: Type.String() }),
    response: { 200: Type.Object({ token: Type.String() }), 202: Type.Object({}) },
  },
  deps: { webLogins: WebLogins },
  async handle({ params }, { webLogins }, reply) {
    reply.header('cache-control', 'no-store')
    const token = await webLogins.collect(params.poll)
    if (token !== undefined) return { token }
    return reply.code(202).header('retry-after', '1').send({})
  },
})

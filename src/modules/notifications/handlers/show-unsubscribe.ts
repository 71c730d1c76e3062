import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Unsubscribe } from '../mail/unsubscribe.service.ts'
import { pageHeaders, TokenParams } from '../route-schemas.ts'

export const showUnsubscribe = defineHandler({
  method: 'GET',
  url: '/v1/unsubscribe/:token',
  auth: 'anonymous',
  summary: 'The page behind the link of a mail: asks whether mail shall end',
  tags: ['notifications'],
  secretParams: ['token'],
  ignoresCredentials: true,
  schema: { params: TokenParams, response: { 200: Type.String({ description: 'HTML.' }) } },
  deps: { unsubscribe: Unsubscribe },
  async handle({ params }, { unsubscribe }, reply) {
    return reply.headers(pageHeaders).send(unsubscribe.page(params.token))
  },
})

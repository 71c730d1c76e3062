import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Unsubscribe } from '../mail/unsubscribe.service.ts'
import { pageHeaders, TokenParams } from '../route-schemas.ts'

/** RFC 8058: mail programs post a form here; what is in it does not matter, the link says everything. */
export const unsubscribeFromMail = defineHandler({
  method: 'POST',
  url: '/v1/unsubscribe/:token',
  auth: 'anonymous',
  summary: 'End mail to the user of the link (one click, RFC 8058)',
  tags: ['notifications'],
  secretParams: ['token'],
  ignoresCredentials: true,
  rawBody: true,
  bodyLimit: 4_096,
  schema: { params: TokenParams, response: { 200: Type.String({ description: 'HTML.' }) } },
  deps: { unsubscribe: Unsubscribe },
  async handle({ params }, { unsubscribe }, reply) {
    return reply.headers(pageHeaders).send(await unsubscribe.unsubscribe(params.token))
  },
})

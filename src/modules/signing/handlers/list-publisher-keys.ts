import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { PublisherKeys, PublisherKeyView } from '../publisher.contract.ts'
import { PublisherParams } from '../publisher-routes.ts'

export const listPublisherKeys = defineHandler({
  method: 'GET',
  url: '/v1/publishers/:name/keys',
  auth: 'anonymous',
  summary: 'Keys, certificates and certificate authorities a publisher signs with, revoked ones included',
  tags: ['signing'],
  schema: { params: PublisherParams, response: { 200: Type.Object({ items: Type.Array(PublisherKeyView) }) } },
  deps: { keys: PublisherKeys },
  handle: async ({ principal, params }, { keys }) => ({ items: [...(await keys.list(principal, params.name))] }),
})

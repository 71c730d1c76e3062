import { defineHandler } from '../../../shared/kernel/handler.ts'
import { NewPublisherKey, PublisherKeys, PublisherKeyView } from '../publisher.contract.ts'
import { PublisherParams } from '../publisher-routes.ts'

export const registerPublisherKey = defineHandler({
  method: 'POST',
  url: '/v1/publishers/:name/keys',
  auth: 'admin',
  summary: 'Register a public key (P-256, Ed25519, RSA from 2048 bits, OpenPGP), a certificate or a certificate authority',
  tags: ['signing'],
  bodyLimit: 131_072,
  schema: { params: PublisherParams, body: NewPublisherKey, response: { 201: PublisherKeyView } },
  deps: { keys: PublisherKeys },
  handle: async ({ principal, params, body }, { keys }, reply) => reply.code(201).send(await keys.register(principal, params.name, body)),
})

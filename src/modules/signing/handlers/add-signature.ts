import { defineHandler } from '../../../shared/kernel/handler.ts'
import { SignedParams, SignedQuery, signedRef } from '../publisher-routes.ts'
import { NewSignature, Signatures, SignatureView } from '../signatures.contract.ts'

export const addSignature = defineHandler({
  method: 'POST',
  url: '/v1/artifacts/:namespace/:name/:version/signatures',
  auth: 'publish',
  summary: 'Add a signature over the digest of the manifest; one that does not count is refused with the reason',
  tags: ['signing'],
  bodyLimit: 524_288,
  schema: { params: SignedParams, querystring: SignedQuery, body: NewSignature, response: { 201: SignatureView } },
  deps: { signatures: Signatures },
  handle: async ({ principal, params, query, body }, { signatures }, reply) =>
    reply.code(201).send(await signatures.add(principal, signedRef(params, query), { ...body, reference: params.version })),
})

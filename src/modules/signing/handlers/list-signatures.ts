import { defineHandler } from '../../../shared/kernel/handler.ts'
import { SignedParams, SignedQuery, signedRef } from '../publisher-routes.ts'
import { Signatures, SignaturesView } from '../signatures.contract.ts'

export const listSignatures = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/:version/signatures',
  auth: 'anonymous',
  summary: 'Signatures over a version, tag or manifest, with the reason where one does not count (at most 100, newest first)',
  tags: ['signing'],
  schema: { params: SignedParams, querystring: SignedQuery, response: { 200: SignaturesView } },
  deps: { signatures: Signatures },
  handle: ({ principal, params, query }, { signatures }) =>
    signatures.list(principal, signedRef(params, query), { reference: params.version }),
})

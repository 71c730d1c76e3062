import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { SignedParams, SignedQuery, signedRef } from '../publisher-routes.ts'
import { Signatures, SignaturesView } from '../signatures.contract.ts'

export const listAttestations = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/:version/attestations',
  auth: 'anonymous',
  summary: 'Signed in-toto statements about a version, tag or manifest, by the type of their predicate',
  tags: ['signing'],
  schema: {
    params: SignedParams,
    querystring: Type.Object({ ...SignedQuery.properties, predicateType: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })) }),
    response: { 200: SignaturesView },
  },
  deps: { signatures: Signatures },
  handle: ({ principal, params, query: { predicateType, ...query } }, { signatures }) =>
    signatures.list(principal, signedRef(params, query), {
      reference: params.version,
      attestations: predicateType === undefined ? {} : { predicateType },
    }),
})

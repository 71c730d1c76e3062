import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { ConsistencyView } from '../../log.contract.ts'
import { TransparencyLog } from '../transparency-log.service.ts'

const Size = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

export const proveConsistency = defineHandler({
  method: 'GET',
  url: '/v1/log/proof',
  auth: 'anonymous',
  summary: 'Proof that the log of the second size begins with that of the first (RFC 6962 §2.1.2)',
  tags: ['log'],
  schema: { querystring: Type.Object({ first: Size, second: Size }), response: { 200: ConsistencyView } },
  deps: { transparencyLog: TransparencyLog },
  async handle({ query: { first, second } }, { transparencyLog }) {
    const proof = await transparencyLog.consistency(first, second)
    return { first, second, proof: proof.map((hash) => hash.toString('base64')) }
  },
})

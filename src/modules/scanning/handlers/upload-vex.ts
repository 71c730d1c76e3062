import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Scans } from '../scans.contract.ts'
import { FormatQuery, ScanParams, scanRefOf } from './scan-route.ts'

export const uploadVex = defineHandler({
  method: 'POST',
  url: '/v1/artifacts/:namespace/:name/:version/vex',
  auth: 'publish',
  summary: 'Say which vulnerabilities do not matter here, and why: OpenVEX or CycloneDX (publishers)',
  tags: ['scanning'],
  bodyLimit: 4_194_304,
  schema: {
    params: ScanParams,
    querystring: FormatQuery,
    body: Type.Record(Type.String(), Type.Unknown()),
    response: {
      201: Type.Object({
        statements: Type.Integer({ description: 'That are new.' }),
        securityScore: Type.Union([Type.Integer(), Type.Null()], { description: 'With them; null before the first scan.' }),
      }),
    },
  },
  deps: { scans: Scans },
  async handle(request, { scans }, reply) {
    return reply.code(201).send(await scans.addVex(request.principal, scanRefOf(request), request.body))
  },
})

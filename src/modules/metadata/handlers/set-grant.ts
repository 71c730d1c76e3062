import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Grant, Role } from '../../auth/contract.ts'
import { refOf } from '../artifact-request.contract.ts'
import { FormatQuery, GrantParams } from '../route-schemas.ts'
import { Artifacts } from '../views.ts'

export const setGrant = defineHandler({
  method: 'PUT',
  url: '/v1/artifacts/:namespace/:name/-/grants/:kind/:subject',
  auth: 'admin',
  summary: 'Give a user or team a role on this artifact; owners are made by owners only',
  tags: ['artifacts'],
  schema: {
    params: GrantParams,
    querystring: FormatQuery,
    body: Type.Object({ role: Role }, { additionalProperties: false }),
    response: { 200: Grant },
  },
  deps: { artifacts: Artifacts },
  handle: (request, { artifacts }) => {
    const { kind, subject } = request.params
    return artifacts.setGrant(request.principal, refOf(request), { subject: { kind, name: subject }, role: request.body.role })
  },
})

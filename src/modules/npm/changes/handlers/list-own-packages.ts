import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { AuthRequired } from '../../../../shared/kernel/http-errors.ts'
import { Holdings } from '../../../metadata/packages.contract.ts'
import { viewHoldings } from '../holdings-view.ts'
import { Permissions } from '../package-params.ts'

/** pnpm asks it for the caller itself. */
export const listOwnPackages = defineHandler({
  method: 'GET',
  url: '/-/-/package',
  auth: 'read',
  summary: 'Packages the caller has a right on',
  tags: ['npm'],
  schema: { querystring: Type.Object({ format: Type.Optional(Type.String()) }), response: { 200: Permissions } },
  deps: { holdings: Holdings },
  handle: async ({ principal }, { holdings }) => {
    if (principal.username === undefined) throw new AuthRequired()
    return viewHoldings(await holdings.ofUser(principal, principal.username))
  },
})

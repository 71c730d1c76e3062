import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { AuthRequired } from '../../../../shared/kernel/http-errors.ts'
import { Holdings } from '../../../metadata/packages.contract.ts'
import { packageText } from '../../package-name.ts'

export const listOwnStars = defineHandler({
  method: 'GET',
  url: '/-/user/v1/star',
  auth: 'read',
  summary: 'Packages the caller has starred',
  tags: ['npm'],
  schema: { response: { 200: Type.Array(Type.String()) } },
  deps: { holdings: Holdings },
  handle: async ({ principal }, { holdings }) => {
    if (principal.username === undefined) throw new AuthRequired()
    return (await holdings.starredBy(principal, principal.username)).map(packageText)
  },
})

import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Holdings } from '../../../metadata/packages.contract.ts'
import { packageText } from '../../package-name.ts'
import { UserParams } from '../package-params.ts'

const listStarsAt = (url: string) =>
  defineHandler({
    method: 'GET',
    url,
    auth: 'anonymous',
    summary: 'Packages a user has starred',
    tags: ['npm'],
    schema: { params: UserParams, response: { 200: Type.Record(Type.String(), Type.Boolean()) } },
    deps: { holdings: Holdings },
    handle: async (request, { holdings }) => {
      const starred = await holdings.starredBy(request.principal, request.params.user)
      return Object.fromEntries(starred.map((one) => [packageText(one), true]))
    },
  })

export const listStars = listStarsAt('/-/user/:user/stars')
/** Where pnpm looks next. */
export const listStarsOfUtil = listStarsAt('/-/util/user/:user/stars')

import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Holdings } from '../../../metadata/packages.contract.ts'
import { ChangeInvalid } from '../../errors.ts'
import { packageText } from '../../package-name.ts'

const Row = Type.Object({ id: Type.String(), key: Type.String(), value: Type.String() })

/** What is left of CouchDB in `npm stars`: the key is JSON. */
export const listStarredByUser = defineHandler({
  method: 'GET',
  url: '/-/_view/starredByUser',
  auth: 'anonymous',
  summary: 'Packages a user has starred',
  tags: ['npm'],
  schema: { querystring: Type.Object({ key: Type.String({ maxLength: 256 }) }), response: { 200: Type.Object({ rows: Type.Array(Row) }) } },
  deps: { holdings: Holdings },
  handle: async (request, { holdings }) => {
    const [, user] = /^"([^"\\]+)"$/.exec(request.query.key) ?? []
    if (user === undefined) throw new ChangeInvalid('the key is a username in quotes')
    const starred = await holdings.starredBy(request.principal, user)
    return { rows: starred.map((one) => ({ id: packageText(one), key: user, value: packageText(one) })) }
  },
})

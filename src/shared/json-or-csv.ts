import { Type } from '@sinclair/typebox'
import { stringify } from 'csv-stringify'
import type { FastifyReply } from 'fastify'
import type { Principal } from './kernel/principal.ts'
import { oneOf } from './types/one-of.ts'

/** The parameter that says which. */
export const AsQuery = {
  as: Type.Optional(oneOf(['json', 'csv'], { description: 'How it is answered; without it by `Accept: text/csv`, else JSON.' })),
}

export interface Asking {
  readonly principal: Principal
  readonly query: { readonly as?: 'json' | 'csv' }
  readonly headers: { readonly accept?: string | undefined }
}

const wantsCsv = ({ query: { as }, headers: { accept = '' } }: Asking): boolean =>
  as === undefined ? /\btext\/csv\b/i.test(accept) : as === 'csv'

export interface Table {
  readonly name: string
  readonly columns: readonly string[]
  readonly rows: readonly object[]
}

/** What nobody in particular is shown, is of what everybody may see. */
export const keptFor = ({ userId }: Principal): string => (userId === undefined ? 'public, max-age=60' : 'private, no-cache')

/** The answer as it is, or its rows as CSV (RFC 4180), written while it is sent. A cell that a spreadsheet would take for a formula begins with `'`. */
export function jsonOrCsv<T>(request: Asking, reply: FastifyReply, { answer, table }: { readonly answer: T; readonly table: Table }) {
  reply.header('vary', 'accept, authorization').header('cache-control', keptFor(request.principal))
  if (!wantsCsv(request)) return answer
  const rows = stringify([...table.rows], { header: true, columns: [...table.columns], escape_formulas: true, record_delimiter: 'windows' })
  return reply.type('text/csv; charset=utf-8').header('content-disposition', `attachment; filename="${table.name}.csv"`).send(rows)
}

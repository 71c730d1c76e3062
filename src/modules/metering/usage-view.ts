import { type Static, Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { type Asking, jsonOrCsv, type Table } from '../../shared/json-or-csv.ts'
import { ArtifactFormatSchema } from '../../shared/types/artifact-type.ts'
import { oneOf } from '../../shared/types/one-of.ts'
import { Subject, UsageMetric, unitOf } from './contract.ts'
import type { TotalRow } from './totals.queries.ts'
import type { UsageTotals } from './totals.service.ts'

const UsageItem = Type.Object({
  period: Type.String({ description: 'When the hour, day or month began (UTC).' }),
  metric: UsageMetric,
  unit: oneOf(['downloads', 'ms']),
  artifact: Type.Optional(Type.String()),
  format: Type.Optional(ArtifactFormatSchema),
  version: Type.Optional(Type.String({ description: 'Absent for what was reported without a version.' })),
  subject: Type.Optional(Subject),
  quantity: Type.Integer({ description: 'Exact up to 9007199254740991, which stands for that much or more.' }),
})
type UsageItem = Static<typeof UsageItem>

export const UsageView = Type.Object({
  from: Type.String(),
  to: Type.String({ description: 'Exclusive.' }),
  interval: oneOf(['hour', 'day', 'month']),
  items: Type.Array(UsageItem),
  nextCursor: Type.Union([Type.String(), Type.Null()]),
})

const viewUsage = ({ items, ...totals }: UsageTotals): Static<typeof UsageView> => ({ ...totals, items: items.map(viewItem) })

const viewItem = ({ period, metric, name, format, version, subjectKind, subject, quantity }: TotalRow): UsageItem => ({
  ...{ period, metric, unit: unitOf(metric) },
  ...(name !== '' && { artifact: name, format: format as UsageItem['format'] & string }),
  ...(version !== '' && { version }),
  ...(subjectKind !== '' && { subject: { kind: subjectKind as Subject['kind'], id: subject } }),
  quantity,
})

/** The same rows for a spreadsheet. */
const tableOfUsage = ({ items }: UsageTotals): Table => ({
  name: 'usage',
  columns: ['period', 'metric', 'unit', 'artifact', 'format', 'version', 'subjectKind', 'subject', 'quantity'],
  rows: items.map(({ metric, name, ...row }) => ({ ...row, metric, artifact: name, unit: unitOf(metric) })),
})

/** As JSON or CSV; the cursor of the next page is in a header, too, where CSV has no other place for it. */
export function answerUsage(request: Asking, reply: FastifyReply, found: UsageTotals) {
  if (found.nextCursor !== null) reply.header('x-next-cursor', found.nextCursor)
  return jsonOrCsv(request, reply, { answer: viewUsage(found), table: tableOfUsage(found) })
}

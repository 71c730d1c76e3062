import { Type } from '@sinclair/typebox'
import { AsQuery, jsonOrCsv } from '../../../shared/json-or-csv.ts'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactNameSchema } from '../../../shared/types/artifact-name.ts'
import { ArtifactFormatSchema } from '../../../shared/types/artifact-type.ts'
import { CursorSchema } from '../../../shared/types/cursor.ts'
import { NamespaceSchema } from '../../../shared/types/namespace-name.ts'
import { oneOf } from '../../../shared/types/one-of.ts'
import { UsageMetric } from '../contract.ts'
import type { Dimension } from '../totals.queries.ts'
import { Totals } from '../totals.service.ts'
import { tableOfUsage, UsageView, viewUsage } from '../usage-view.ts'

const Instant = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}(?:T\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?(?:Z|[+-]\\d{2}:\\d{2}))?$',
  description: 'A day (UTC) or an instant (RFC 3339); widened to whole hours.',
})
const UsageQuery = Type.Object({
  from: Type.Optional({ ...Instant, description: `${Instant.description} Without it: the beginning of this month.` }),
  to: Type.Optional({ ...Instant, description: `${Instant.description} Exclusive. Without it: now.` }),
  interval: oneOf(['hour', 'day', 'month'], { default: 'month', description: 'At most 31 days by hour, 366 by day, 3,660 by month.' }),
  by: Type.String({
    default: 'artifact',
    pattern: '^(?:none|(?:artifact|version|subject)(?:,(?:artifact|version|subject)){0,2})$',
    description: 'What is told apart: `artifact`, `version` (of each artifact), `subject`, several with commas, or `none`.',
  }),
  metric: Type.Optional(UsageMetric),
  artifact: Type.Optional({ ...ArtifactNameSchema, description: 'Of artifacts of this name only.' }),
  format: Type.Optional(ArtifactFormatSchema),
  subject: Type.Optional(Type.String({ pattern: '^[\\x21-\\x7e]{1,128}$', description: 'Of the subject with this id only.' })),
  ...AsQuery,
  cursor: Type.Optional(CursorSchema),
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }),
})

export const findUsage = defineHandler({
  method: 'GET',
  url: '/v1/usage/:namespace',
  auth: 'admin',
  summary: 'What artifacts of a namespace were used, added up; for those who manage it',
  tags: ['usage'],
  rateLimit: { max: 120, windowMs: 60_000 },
  schema: { params: Type.Object({ namespace: NamespaceSchema }), querystring: UsageQuery, response: { 200: UsageView } },
  deps: { totals: Totals },
  async handle(request, { totals }, reply) {
    const { artifact, by, as: _form, ...rest } = request.query
    const named = artifact === undefined ? {} : { name: artifact }
    const found = await totals.of(request.principal, request.params.namespace, { ...rest, ...named, by: dimensionsOf(by) })
    if (found.nextCursor !== null) reply.header('x-next-cursor', found.nextCursor)
    return jsonOrCsv(request, reply, { answer: viewUsage(found), table: tableOfUsage(found) })
  },
})

/** A version means something together with its artifact only. */
function dimensionsOf(by: string): Dimension[] {
  const named = by.split(',').filter((one): one is Dimension => one !== 'none')
  return named.includes('version') ? [...named, 'artifact'] : named
}

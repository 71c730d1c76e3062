import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { AuditLog } from '../audit-log.service.ts'
import { pageQuery } from '../page.ts'
import { LoginName, Name, NullableString } from '../schemas.ts'

const Entry = Type.Object({
  id: Type.String(),
  seq: Type.Union([Type.Integer(), Type.Null()]),
  at: Type.String(),
  actor: NullableString,
  actorId: NullableString,
  ip: NullableString,
  requestId: NullableString,
  action: Type.String(),
  subject: Type.String(),
  subjectId: NullableString,
  namespace: NullableString,
  before: Type.Unknown(),
  after: Type.Unknown(),
})

export const listAudit = defineHandler({
  method: 'GET',
  url: '/v1/audit',
  auth: 'admin',
  summary: 'Audit log, newest first (administrators; with `namespace` also those who manage it)',
  tags: ['audit'],
  schema: {
    querystring: Type.Object({
      ...pageQuery,
      namespace: Type.Optional(Name),
      actor: Type.Optional(LoginName),
      action: Type.Optional(Type.String({ maxLength: 100, pattern: '^[a-z_]+\\.[a-z_]+$' })),
    }),
    response: { 200: pageSchema(Entry) },
  },
  deps: { auditLog: AuditLog },
  async handle({ query, principal }, { auditLog }) {
    return auditLog.list(principal, query)
  },
})

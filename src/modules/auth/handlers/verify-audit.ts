import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { AuditLog } from '../audit-log.service.ts'

export const verifyAudit = defineHandler({
  method: 'GET',
  url: '/v1/audit/verify',
  auth: 'admin',
  summary: 'Compute the hash chain of the audit log anew (administrators)',
  tags: ['audit'],
  schema: {
    response: {
      200: Type.Object({ ok: Type.Boolean(), entries: Type.Integer(), firstBadSeq: Type.Optional(Type.Integer()) }),
    },
  },
  deps: { auditLog: AuditLog },
  async handle({ principal }, { auditLog }) {
    return auditLog.verify(principal)
  },
})

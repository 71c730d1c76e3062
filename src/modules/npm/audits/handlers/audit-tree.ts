import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Advisories } from '../../../scanning/contract.ts'
import { Audits, auditLimit } from '../audit-desk.service.ts'
import { auditReport } from '../audit-report.ts'
import { readDependencyTree } from '../dependency-tree.ts'

const maxBytes = 10_485_760

const auditAt = (url: string) =>
  defineHandler({
    method: 'POST',
    url,
    auth: 'anonymous',
    summary: 'Audit a dependency tree (npm 6, yarn 1)',
    tags: ['npm'],
    rawBody: true,
    rateLimit: auditLimit,
    bodyLimit: maxBytes,
    schema: {},
    deps: { advisories: Advisories, audits: Audits },
    async handle(request, { advisories, audits }, reply) {
      const report = await audits.answer(request, { maxBytes, depth: 128, keys: 300_000 }, async (body) => {
        const tree = await readDependencyTree(body)
        return auditReport(await advisories.matching('npm', tree.packages.versions), tree)
      })
      return reply.send(report)
    },
  })

export const auditTree = auditAt('/-/npm/v1/security/audits')
export const auditTreeQuickly = auditAt('/-/npm/v1/security/audits/quick')

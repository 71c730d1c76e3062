import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Advisories } from '../../../scanning/contract.ts'
import { readJsonBody } from '../../decoded-body.ts'
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
    bodyLimit: maxBytes,
    schema: {},
    deps: { advisories: Advisories },
    async handle(request, { advisories }, reply) {
      const tree = readDependencyTree(await readJsonBody(request, { maxBytes, limits: { depth: 128, keys: 300_000 } }))
      return reply.send(auditReport(await advisories.matching('npm', tree.packages.versions), tree))
    },
  })

export const auditTree = auditAt('/-/npm/v1/security/audits')
export const auditTreeQuickly = auditAt('/-/npm/v1/security/audits/quick')

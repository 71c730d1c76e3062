import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { LoopTurn } from '../../../../shared/kernel/loop-turn.ts'
import { Advisories, type MatchedAdvisory } from '../../../scanning/contract.ts'
import { Audits, auditLimit } from '../audit-desk.service.ts'
import { AuditedPackages, isObject } from '../audited-packages.ts'
import { AuditInvalid } from '../errors.ts'

/** More than so many versions as may be asked about have. */
const maxBytes = 4_194_304

/** What `npm audit`, pnpm, yarn and bun ask: `{ name: [versions] }`. Names without advisories are not in the answer. */
export const findAdvisories = defineHandler({
  method: 'POST',
  url: '/-/npm/v1/security/advisories/bulk',
  auth: 'anonymous',
  summary: 'Advisories about versions of packages',
  tags: ['npm'],
  rawBody: true,
  rateLimit: auditLimit,
  bodyLimit: maxBytes,
  schema: {},
  deps: { advisories: Advisories, audits: Audits },
  async handle(request, { advisories, audits }, reply) {
    const matched = await audits.answer(request, { maxBytes, depth: 4, keys: 100_000 }, async (body) =>
      advisories.matching('npm', (await packagesOf(body)).versions),
    )
    return reply.send(Object.fromEntries([...matched].map(([name, found]) => [name, found.map(wireForm)])))
  },
})

async function packagesOf(body: unknown): Promise<AuditedPackages> {
  if (!isObject(body)) throw new AuditInvalid('an object of versions by package name')
  const packages = new AuditedPackages()
  const turn = new LoopTurn()
  for (const [name, versions] of Object.entries(body))
    for (const version of Array.isArray(versions) ? versions : []) {
      if (turn.isOver) await turn.next()
      packages.add(name, version)
    }
  return packages
}

const wireForm = ({ number, url, title, severity, vulnerableVersions, cwe, cvss }: MatchedAdvisory) => ({
  id: number,
  ...{ url, title, severity },
  vulnerable_versions: vulnerableVersions,
  ...{ cwe, cvss },
})

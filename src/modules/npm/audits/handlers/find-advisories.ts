import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { Advisories, type MatchedAdvisory } from '../../../scanning/contract.ts'
import { readJsonBody } from '../../decoded-body.ts'
import { AuditedPackages, isObject } from '../audited-packages.ts'
import { AuditInvalid } from '../errors.ts'

const maxBytes = 10_485_760

/** What `npm audit`, pnpm, yarn and bun ask: `{ name: [versions] }`. Names without advisories are not in the answer. */
export const findAdvisories = defineHandler({
  method: 'POST',
  url: '/-/npm/v1/security/advisories/bulk',
  auth: 'anonymous',
  summary: 'Advisories about versions of packages',
  tags: ['npm'],
  rawBody: true,
  bodyLimit: maxBytes,
  schema: {},
  deps: { advisories: Advisories },
  async handle(request, { advisories }, reply) {
    const asked = packagesOf(await readJsonBody(request, { maxBytes, limits: { depth: 4, keys: 100_000 } }))
    const matched = await advisories.matching('npm', asked.versions)
    return reply.send(Object.fromEntries([...matched].map(([name, found]) => [name, found.map(wireForm)])))
  },
})

function packagesOf(body: unknown): AuditedPackages {
  if (!isObject(body)) throw new AuditInvalid('an object of versions by package name')
  const packages = new AuditedPackages()
  for (const [name, versions] of Object.entries(body))
    if (Array.isArray(versions)) for (const version of versions) packages.add(name, version)
  return packages
}

const wireForm = ({ number, url, title, severity, vulnerableVersions, cwe, cvss }: MatchedAdvisory) => ({
  id: number,
  ...{ url, title, severity },
  vulnerable_versions: vulnerableVersions,
  ...{ cwe, cvss },
})

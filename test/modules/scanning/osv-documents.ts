import type { AdvisoryDocument } from '../../../src/modules/scanning/contract.ts'

const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N'

/** The shape GitHub's advisories have as OSV; the packages are invented. */
export const traversal = {
  schema_version: '1.4.0',
  id: 'GHSA-2g4f-4pwh-qvx6',
  modified: '2026-02-03T10:11:12.345678Z',
  published: '2026-01-02T00:00:00Z',
  aliases: ['CVE-2026-10001'],
  summary: 'gati-fixture-widget reads files outside of its folder',
  details: '### Impact\nNames with `..` are not refused.',
  severity: [{ type: 'CVSS_V3', score: vector }],
  affected: [
    {
      package: { ecosystem: 'npm', name: 'gati-fixture-widget' },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.2.3' }] }],
    },
    {
      package: { ecosystem: 'npm', name: 'gati-fixture-widget' },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '2.0.0-alpha.1' }, { fixed: '2.1.0' }] }],
    },
  ],
  references: [
    { type: 'WEB', url: 'https://example.org/widget/issues/1' },
    { type: 'ADVISORY', url: 'https://example.org/advisories/10001' },
  ],
  database_specific: { cwe_ids: ['CWE-22', 'not a CWE'], severity: 'MODERATE', github_reviewed: true },
}

export const malware = {
  schema_version: '1.7.0',
  id: 'MAL-2026-77',
  modified: '2026-03-01T00:00:00Z',
  published: '2026-03-01T00:00:00Z',
  summary: 'Malicious code in @gati-fixture/left-pod (npm)',
  affected: [{ package: { ecosystem: 'npm', name: '@gati-fixture/left-pod' }, versions: ['1.0.1', '9.9.9'] }],
}

export const newScore = {
  id: 'EXAMPLE-2026-3',
  modified: '2026-03-02T00:00:00Z',
  details: 'A parser that never ends.\nMore lines.',
  severity: [
    { type: 'CVSS_V4', score: 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N' },
    { type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L' },
  ],
  affected: [
    {
      package: { ecosystem: 'npm', name: 'gati-fixture-parser' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '1' }, { last_affected: '1.4.0' }] }],
    },
    {
      package: { ecosystem: 'PyPI', name: 'gati-fixture-parser' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '1.4.post1' }] }],
      versions: ['1.4rc1', '1.4'],
    },
  ],
  references: [{ type: 'WEB', url: 'javascript:alert(1)' }],
}

export const documentsOf = (documents: readonly unknown[]): AdvisoryDocument[] =>
  documents.map((document, index) => ({
    file: `${index}.json`,
    text: typeof document === 'string' ? document : JSON.stringify(document),
  }))

export async function* streamOf(documents: readonly unknown[]): AsyncGenerator<AdvisoryDocument> {
  yield* documentsOf(documents)
}

import type { Database } from '../../shared/kernel/database.ts'
import { type ManifestScore, type ScannedManifest, type Scores, scoreKey } from './scores.contract.ts'

export const createScores = (database: Database): Scores => ({
  async of(manifests) {
    if (manifests.length === 0) return new Map()
    const wanted = JSON.stringify(manifests.map(({ artifactId, manifestDigest }) => ({ artifactId, manifestDigest })))
    const rows = await database.sql<ScannedManifest & ManifestScore>`
      select w."artifactId", w."manifestDigest", s.security_score as "securityScore", s.counts
      from (select distinct * from jsonb_to_recordset(${wanted}::jsonb) as r ("artifactId" uuid, "manifestDigest" text)) w
      join lateral (select c.security_score, c.counts from scans c
        where c.artifact_id = w."artifactId" and c.manifest_digest = w."manifestDigest" and c.status = 'completed' and c.security_score is not null
        order by c.id desc limit 1) s on true`
    return new Map(rows.map((row) => [scoreKey(row), { securityScore: row.securityScore, counts: row.counts }]))
  },
})

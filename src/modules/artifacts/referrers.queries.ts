import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import { maxPageBytes } from './referrer-row.ts'

export interface ReferrerQuery {
  readonly subject: string
  readonly artifactType?: string
  /** Digest of the last one of the page before. */
  readonly after: string | undefined
  readonly limit: number
}

interface ListedReferrer {
  readonly digest: string
  readonly descriptor: string
}

/** By digest; what fits in a page, and whether there is more. */
export async function listReferrers(
  database: Database,
  artifactId: string,
  { subject, artifactType, after, limit }: ReferrerQuery,
): Promise<{ readonly rows: readonly ListedReferrer[]; readonly more: boolean }> {
  const filter = artifactType === undefined ? sql`` : sql`and artifact_type = ${artifactType}`
  const rows = await database.sql<ListedReferrer & { fits: boolean }>`
    select digest, case when fits then descriptor end as descriptor, fits from (
      select digest, descriptor, sum(octet_length(descriptor) + 1) over (order by digest) <= ${maxPageBytes} as fits
      from (
        select digest, descriptor from artifact_referrers
        where artifact_id = ${artifactId} and subject = ${subject} and digest > ${after ?? ''} ${filter}
        order by digest limit ${limit + 1}) listed) sized
    order by digest`
  const page = rows.filter(({ fits }) => fits).slice(0, limit)
  return { rows: page, more: page.length < rows.length }
}

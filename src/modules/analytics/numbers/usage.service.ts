import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import type { ArtifactUsage, Usage } from '../contract.ts'

const maxTogetherDays = 90

/** What modules above ask, by id. */
export class UsageService implements Usage {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async of(artifactIds: readonly string[], days: number): Promise<ReadonlyMap<string, ArtifactUsage>> {
    const rows = await this.#database.sql<ArtifactUsage & { readonly artifactId: string }>`with today as (
        select (now() at time zone 'utc')::date as day)
      select d.artifact_id as "artifactId",
        coalesce(sum(d.downloads) filter (where d.day > t.day - ${days}::int), 0)::bigint as downloads,
        coalesce(sum(d.installs) filter (where d.day > t.day - ${days}::int), 0)::bigint as installs,
        coalesce(sum(d.clients) filter (where d.day > t.day - ${days}::int), 0)::bigint as "clientDays",
        coalesce(sum(d.downloads) filter (where d.day <= t.day - ${days}::int), 0)::bigint as "previousDownloads"
      from analytics_artifact_days d, today t
      where d.artifact_id = any(${[...artifactIds]}::uuid[]) and d.day > t.day - 2 * ${days}::int group by 1`
    return new Map(rows.map(({ artifactId, ...usage }) => [artifactId, usage]))
  }

  daily(artifactId: string, { start, end }: { readonly start: string; readonly end: string }) {
    return this.#database.sql<{ day: string; downloads: number }>`
      select to_char(day, 'YYYY-MM-DD') as day, downloads from analytics_artifact_days
      where artifact_id = ${artifactId}::uuid and day between ${start}::date and ${end}::date order by day`
  }

  versions(artifactId: string, days: number) {
    return this.#database.sql<{ versionId: string; downloads: number }>`
      select version_id as "versionId", sum(count)::bigint as downloads from analytics_days
      where artifact_id = ${artifactId}::uuid and day > (now() at time zone 'utc')::date - ${days}::int
      group by 1 order by 2 desc, 1`
  }

  together(artifactId: string, { limit, minClients, among = () => sql`true` }: Parameters<Usage['together']>[1]) {
    return this.#database.sql<{ artifactId: string; clientDays: number }>`
      select other_id as "artifactId", sum(clients)::bigint as "clientDays" from analytics_together
      where artifact_id = ${artifactId}::uuid and day >= (now() at time zone 'utc')::date - ${maxTogetherDays}::int
      group by 1 having max(clients) >= ${minClients} and ${among(sql`other_id`)} order by 2 desc, 1 limit ${limit}`
  }
}

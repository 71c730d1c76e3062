import type { Database } from '../../../shared/kernel/database.ts'
import type { HealthScores } from '../contract.ts'
import { isPublic, offered } from '../visible.ts'
import type { Flag, HealthInputs } from './health-formula.ts'

/** What the tables say of an artifact that offers something. */
export interface HealthFacts {
  readonly artifactId: string
  readonly namespace: string
  readonly name: string
  readonly type: string
  /** The highest release, else the highest version. */
  readonly version: string
  readonly manifestDigest: string
  readonly deprecation: string | null
  readonly about: Readonly<Record<string, unknown>>
  readonly counts: Pick<
    HealthInputs,
    | 'recentDownloads'
    | 'dependants'
    | 'stars'
    | 'published'
    | 'yanked'
    | 'prereleases'
    | 'isStableLine'
    | 'ageDays'
    | 'idleDays'
    | 'publishedLastYear'
    | 'deprecated'
  >
  readonly steps: readonly Step[]
  readonly transformers: readonly { readonly from: string; readonly to: string }[]
}

export interface Step {
  readonly from: string
  readonly to: string
  readonly breaking: boolean
  readonly undeclared: boolean
}

const maxSteps = 50
const maxTransformers = 100
const maxCountedDependants = 100_000

export const healthFacts = (database: Database, artifactIds: readonly string[]): Promise<HealthFacts[]> =>
  database.sql<HealthFacts>`
    select it.id as "artifactId", s.name as namespace, it.name, it.type, h.version, h.manifest_digest as "manifestDigest",
      h.deprecated_reason as deprecation, jsonb_build_object('keywords', h.metadata->'keywords', 'capabilities', h.metadata->'capabilities',
        'config', h.metadata->'config', 'dependencies', h.metadata->'dependencies') as about,
      jsonb_build_object(
        'recentDownloads', (select coalesce(sum(c.count), 0) from versions v join download_counts c on c.version_id = v.id
          where v.artifact_id = it.id and c.day > current_date - 90),
        'dependants', (select count(*) from (select 1 from timescape_dependencies d join artifacts a on a.id = d.artifact_id
            join namespaces n on n.id = a.namespace_id
          where d.target_namespace = s.name and d.target_name = it.name and coalesce(d.target_format, it.format) = it.format
            and a.id <> it.id and a.state = 'active' and n.state = 'active' and ${isPublic} limit ${maxCountedDependants}) counted),
        'stars', it.stars, 'published', t.published, 'yanked', t.yanked, 'prereleases', t.prereleases, 'isStableLine', t.stable,
        'ageDays', t.age, 'idleDays', t.idle, 'publishedLastYear', t.recent, 'deprecated', h.state = 'deprecated') as counts,
      coalesce((select jsonb_agg(jsonb_build_object('from', e.before, 'to', e.version, 'breaking', e.type = 'breaking', 'undeclared', e.undeclared))
        from (select f.version as before, l.version, g.type, g.undeclared from timescape_nodes l
            join timescape_edges g on g.to_id = l.id and g.kind = 'succession' join timescape_nodes f on f.id = g.from_id
          where l.artifact_id = it.id and l.state = 'live' order by l.sort_key desc, l.version desc limit ${maxSteps}) e), '[]') as steps,
      coalesce((select jsonb_agg(jsonb_build_object('from', r.from_range, 'to', r.to_range))
        from (select * from timescape_transformers m where m.target_namespace = s.name and m.target_name = it.name and m.problem is null
          order by m.created_at desc limit ${maxTransformers}) r), '[]') as transformers
    from artifacts it join namespaces s on s.id = it.namespace_id
    join lateral (select * from versions v where v.artifact_id = it.id and v.state in ${offered}
      order by v.prerelease, v.sort_key desc, v.id desc limit 1) h on true
    join lateral (select count(*) as published, count(*) filter (where v.state = 'yanked') as yanked,
        count(*) filter (where v.prerelease) as prereleases,
        coalesce(bool_or(not v.prerelease and v.version ~ '^[1-9][0-9]*\\.') filter (where v.state in ${offered}), false) as stable,
        extract(epoch from now() - min(v.published_at)) / 86400 as age, extract(epoch from now() - max(v.published_at)) / 86400 as idle,
        count(*) filter (where v.published_at > now() - interval '365 days') as recent
      from versions v where v.artifact_id = it.id and v.state in ('published', 'deprecated', 'yanked')) t on true
    where it.id = any(${artifactIds}::uuid[]) and it.state = 'active' and s.state = 'active'`

export interface HealthRow extends HealthScores {
  readonly artifactId: string
  readonly version: string
  readonly flags: readonly Flag[]
  readonly terms: readonly string[]
  readonly inputs: HealthInputs
}

export async function writeHealth(database: Database, rows: readonly HealthRow[]): Promise<void> {
  if (rows.length === 0) return
  await database.sql`insert into insights_health (artifact_id, version, score, popularity, stability, compatibility, maintenance, badges, flags, terms, inputs)
    select h."artifactId", h.version, h.score, h.popularity, h.stability, h.compatibility, h.maintenance, h.badges, h.flags, h.terms, h.inputs
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as h ("artifactId" uuid, version text, score smallint, popularity smallint,
      stability smallint, compatibility smallint, maintenance smallint, badges text[], flags jsonb, terms text[], inputs jsonb)
    order by 1
    on conflict (artifact_id) do update set version = excluded.version, score = excluded.score, popularity = excluded.popularity,
      stability = excluded.stability, compatibility = excluded.compatibility, maintenance = excluded.maintenance, badges = excluded.badges,
      flags = excluded.flags, terms = excluded.terms, inputs = excluded.inputs, computed_at = now()`
}

export async function dropHealth(database: Database, artifactIds: readonly string[]): Promise<void> {
  if (artifactIds.length > 0) await database.sql`delete from insights_health where artifact_id = any(${artifactIds}::uuid[])`
}

export const healthRows = (database: Database, artifactIds: readonly string[]) =>
  database.sql<HealthRow & { readonly computedAt: string }>`select artifact_id as "artifactId", version, score, popularity, stability,
      compatibility, maintenance, badges, flags, terms, inputs, computed_at as "computedAt"
    from insights_health where artifact_id = any(${artifactIds}::uuid[])`

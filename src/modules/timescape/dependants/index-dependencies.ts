import { sql } from 'kysely'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Dependency } from '../dependencies.contract.ts'
import { declaredBy } from './declared-dependencies.ts'
import { declaringMembers } from './dependencies.ts'

interface Highest {
  readonly artifactId: string
  readonly namespace: string
  readonly format: string
  /** Null when nothing is published. */
  readonly version: string | null
  /** The members that name dependencies. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly isKnown: boolean
}

const rowsAtOnce = 5_000

/** A transformer is of what changes: nothing happens to it. */
const isTold = ({ kind }: Dependency): boolean => kind !== 'transformer'

/** What the highest version of each artifact depends on, in the place of what the one before did; in one transaction, because most have nothing to change. */
export async function indexDependencies(
  { database, transaction }: { readonly database: Database; readonly transaction: Transaction },
  artifactIds: readonly string[],
): Promise<void> {
  await transaction.run(async () => {
    await database.sql`select pg_advisory_xact_lock(hashtextextended('timescape dependencies ' || id, 0)) from (
      select id from unnest(${artifactIds}::text[]) as i (id) order by id) ids`
    const highest = await highestVersions(database, artifactIds)
    const known = highest.filter(({ isKnown }) => isKnown).map(({ artifactId }) => artifactId)
    if (known.length > 0) await database.sql`delete from timescape_dependencies where artifact_id = any(${known}::uuid[])`
    const declared = await declaredBy(
      database,
      highest.map(({ artifactId: id, namespace, metadata }) => ({ id, namespace, metadata })),
    )
    const rows = highest.flatMap(({ artifactId, format, version }) =>
      version === null
        ? []
        : (declared.get(artifactId) ?? [])
            .filter(isTold)
            .map((one) => ({ ...one, artifactId, version, format: format === 'npm' ? 'npm' : null })),
    )
    for (let at = 0; at < rows.length; at += rowsAtOnce)
      await database.sql`insert into timescape_dependencies (artifact_id, target_namespace, target_name, target_format, range, optional, version, kind)
        select d."artifactId", d.namespace, d.name, d.format, d.range, d.optional, d.version, d.kind
        from jsonb_to_recordset(${JSON.stringify(rows.slice(at, at + rowsAtOnce))}::jsonb)
          as d ("artifactId" uuid, namespace text, name text, format text, range text, optional boolean, version text, kind text)`
  })
}

/** Of each artifact that is there, the highest release, else the highest version: one step into an index each. */
const highestVersions = (database: Database, artifactIds: readonly string[]): Promise<Highest[]> =>
  database.sql<Highest>`select a.id as "artifactId", n.name as namespace, a.format, v.version,
      (select coalesce(jsonb_object_agg(m.key, v.metadata->m.key), '{}') from unnest(${[...declaringMembers]}::text[]) as m (key)
        where v.metadata ? m.key) as metadata,
      exists (select from timescape_dependencies d where d.artifact_id = a.id) as "isKnown"
    from artifacts a join namespaces n on n.id = a.namespace_id
    left join lateral (${highestWhere(sql`not v.prerelease`)}) r on true
    left join lateral (${highestWhere(sql`r.id is null`)}) h on true
    left join versions v on v.id = coalesce(r.id, h.id)
    where a.id = any(${artifactIds}::uuid[]) and a.state = 'active'`

const highestWhere = (which: ReturnType<typeof sql>) => sql`select v.id from versions v
  where v.artifact_id = a.id and v.state in ('published', 'deprecated') and ${which} order by v.sort_key desc, v.id desc limit 1`

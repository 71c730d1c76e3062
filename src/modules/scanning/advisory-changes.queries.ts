import type { Database } from '../../shared/kernel/database.ts'

const lockKey = 7_214_053

/**
 * Held until the end of the transaction: an import that runs at the same time either is seen as a whole, or sees what the transaction wrote, so that
 * no change gets lost between them.
 */
export async function holdDatabaseVersion(database: Database): Promise<void> {
  // In a statement of its own: the next one sees what was committed while this one waited.
  await database.sql`select pg_advisory_xact_lock_shared(${lockKey})`
}

export async function raiseVersion(database: Database): Promise<number> {
  await database.sql`select pg_advisory_xact_lock(${lockKey})`
  const [row] = await database.sql<{ version: number }>`
    update advisory_database set version = version + 1, changed_at = now() returning version`
  return row?.version ?? 0
}

interface NamedPackage {
  readonly ecosystem: string
  readonly name: string
}

/** Of the packages, those that any artifact has; answers how many. */
export async function keepChanges(database: Database, version: number, packages: readonly NamedPackage[]): Promise<number> {
  const kept = await database.sql<{ one: number }>`
    insert into advisory_changes (version, ecosystem, package_name)
    select distinct ${version}::bigint, p.ecosystem, p.name
    from jsonb_to_recordset(${JSON.stringify(packages)}::jsonb) as p (ecosystem text, name text)
    where exists (select from scan_components c where c.ecosystem = p.ecosystem and c.name = p.name)
      or exists (select from scan_components c where c.ecosystem = p.ecosystem and c.source_name = p.name)
    returning 1 as one`
  return kept.length
}

/** A manifest of an artifact. */
export interface Subject {
  readonly artifactId: string
  readonly manifestDigest: string
}

/** Whoever has a package that changed, in order, from behind `after`. */
export const subjectsConcerned = (
  database: Database,
  { upTo, after, limit }: { readonly upTo: number; readonly after: Subject | undefined; readonly limit: number },
): Promise<Subject[]> => database.sql<Subject>`
    select distinct s.artifact_id as "artifactId", s.manifest_digest as "manifestDigest"
    from advisory_changes h
    join lateral (
      select c.content_id from scan_components c where c.ecosystem = h.ecosystem and c.name = h.package_name
      union
      select c.content_id from scan_components c where c.ecosystem = h.ecosystem and c.source_name = h.package_name
    ) c on true
    join scan_contents o on o.id = c.content_id
    join scan_subject_contents s on s.content_key = o.key
    where h.version <= ${upTo} and (s.artifact_id, s.manifest_digest) > (${after?.artifactId ?? beforeAll}::uuid, ${after?.manifestDigest ?? ''}::text)
    order by s.artifact_id, s.manifest_digest limit ${limit}`

const beforeAll = '00000000-0000-0000-0000-000000000000'

export interface Reevaluation {
  readonly upTo: number
  /** Whoever was looked at last. */
  readonly after: Subject | undefined
}

/** What is under way, or what there is to begin with; `undefined` when nothing changed. */
export async function openReevaluation(database: Database): Promise<Reevaluation | undefined> {
  await database.sql`
    insert into advisory_reevaluations (up_to) select max(version) from advisory_changes having max(version) is not null on conflict do nothing`
  const [row] = await database.sql<{ upTo: number; artifactId: string | null; manifestDigest: string | null }>`
    select up_to as "upTo", artifact_id as "artifactId", manifest_digest as "manifestDigest" from advisory_reevaluations`
  if (!row) return undefined
  const { upTo, artifactId, manifestDigest } = row
  return { upTo, after: artifactId !== null && manifestDigest !== null ? { artifactId, manifestDigest } : undefined }
}

export async function keepPlace(database: Database, upTo: number, { artifactId, manifestDigest }: Subject): Promise<void> {
  await database.sql`update advisory_reevaluations set artifact_id = ${artifactId}, manifest_digest = ${manifestDigest} where up_to = ${upTo}
    and (artifact_id is null or (artifact_id, manifest_digest) < (${artifactId}::uuid, ${manifestDigest}::text))`
}

export async function closeReevaluation(database: Database, upTo: number): Promise<void> {
  await database.sql`
    with done as (delete from advisory_reevaluations where up_to = ${upTo}) delete from advisory_changes where version <= ${upTo}`
}

import type { Database } from '../../../shared/kernel/database.ts'

/** What is kept of a package's dependencies; all packages are looked at again when this changes. */
const form = 1

export interface StoredNeeds {
  readonly versionId: string
  /** Text of JSON without its closing brace; null: nothing is to be done. */
  readonly abbreviated: string | null
}

export interface NeedsPlace {
  readonly after: string | null
}

/** Where to go on, held until the end of the transaction; `undefined`: somebody else is at it, or all is done. */
export async function holdPlace(database: Database): Promise<NeedsPlace | undefined> {
  const [place] =
    await database.sql<NeedsPlace>`select needs_after as after from package_upkeep where needs_form < ${form} for update skip locked`
  return place
}

/** Null: everything was looked at. */
export async function keepPlace(database: Database, after: string | null): Promise<void> {
  await database.sql`update package_upkeep set needs_after = ${after}::uuid,
    needs_form = case when ${after}::uuid is null then ${form}::integer else needs_form end`
}

/** Packages by age; those whose version says nothing of what it needs, and whose description does, with that. */
export const needsAfter = (database: Database, { after }: NeedsPlace, limit: number): Promise<StoredNeeds[]> =>
  database.sql<StoredNeeds>`select p.version_id as "versionId", case when v.state <> 'deleted' and p.abbreviated ~ '"(d|peerD|optionalD)ependencies":'
      and not v.metadata ?| array['dependencies', 'peerDependencies', 'optionalDependencies', 'peerDependenciesMeta'] then p.abbreviated end as abbreviated
    from package_versions p join versions v on v.id = p.version_id
    where ${after}::uuid is null or p.version_id > ${after}::uuid order by p.version_id limit ${limit}`

import { sql } from 'kysely'
import type { Sight } from '../auth/contract.ts'

/** Which rows of `artifacts a join namespaces n` the caller may see: the rule of every list (P5, P24), within the query and never after it. */
export const visible = ({ everything, accountIds, artifactIds }: Sight) =>
  everything
    ? sql`a.state = 'active' and n.state = 'active'`
    : sql`a.state = 'active' and n.state = 'active' and (${isPublic}
        or n.account_id = any(${[...accountIds]}::uuid[]) or a.id = any(${[...artifactIds]}::uuid[]))`

/** What everybody may see: numbers that are shown to everybody count nothing else. */
export const isPublic = sql`(n.account_id is null or coalesce(nullif(a.visibility, 'inherit'), n.visibility) = 'public')`

/** Versions that clients are offered: a yanked one answers to its exact name only, and no range takes it. */
export const offered = sql`('published', 'deprecated')`

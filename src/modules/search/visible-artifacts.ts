import { sql } from 'kysely'
import type { Sight } from '../auth/contract.ts'

/** Which rows of `artifacts a join namespaces n` the caller may see: the rule of every list (P5), within the query and never after it. */
export const visibleArtifacts = ({ everything, accountIds, artifactIds }: Sight) =>
  everything
    ? sql`a.state = 'active' and n.state = 'active'`
    : sql`a.state = 'active' and n.state = 'active' and (n.account_id is null
        or coalesce(nullif(a.visibility, 'inherit'), n.visibility) = 'public'
        or n.account_id = any(${accountIds}::uuid[]) or a.id = any(${artifactIds}::uuid[]))`

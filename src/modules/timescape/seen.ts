import { sql } from 'kysely'
import type { Sight } from '../auth/contract.ts'

/** The rule of every list (P5, P24), of `artifacts a` and `namespaces n`: within the query and never after it. */
export const seen = ({ everything, accountIds, artifactIds }: Sight) =>
  everything
    ? sql`true`
    : sql`(n.account_id is null or coalesce(nullif(a.visibility, 'inherit'), n.visibility) = 'public'
        or n.account_id = any(${[...accountIds]}::uuid[]) or a.id = any(${[...artifactIds]}::uuid[]))`

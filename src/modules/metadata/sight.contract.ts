import { sql } from 'kysely'
import type { Sight } from '../auth/contract.ts'

/** Which rows of `artifacts a join namespaces n` everybody may see. */
export const publicArtifacts = sql`(n.account_id is null or coalesce(nullif(a.visibility, 'inherit'), n.visibility) = 'public')`

/** Which rows of `artifacts a join namespaces n` the caller may see; part of every query, so that no page has holes. */
export const seenArtifacts = ({ everything, accountIds, artifactIds }: Sight) =>
  everything ? sql`true` : sql`(${publicArtifacts} or n.account_id = any(${accountIds}::uuid[]) or a.id = any(${artifactIds}::uuid[]))`

/** Which rows of `namespaces n` the caller may see. */
export const seenNamespaces = ({ everything, accountIds }: Sight) =>
  everything ? sql`true` : sql`(n.account_id is null or n.visibility = 'public' or n.account_id = any(${accountIds}::uuid[]))`

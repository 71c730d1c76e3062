import { sql } from 'kysely'
import type { Sight } from '../auth/contract.ts'
import { seenArtifacts } from '../metadata/sight.contract.ts'

/** Which artifacts `a` of namespaces `n` the caller may see and find: the rule of every list (P5, P24), within the query and never after it. */
export const visible = (sight: Sight) => sql`a.state = 'active' and n.state = 'active' and ${seenArtifacts(sight)}`

/** What everybody may see: numbers that are shown to everybody count nothing else. */
export const isPublic = sql`(n.account_id is null or coalesce(nullif(a.visibility, 'inherit'), n.visibility) = 'public')`

/** Versions that clients are offered: a yanked one answers to its exact name only, and no range takes it. */
export const offered = sql`('published', 'deprecated')`

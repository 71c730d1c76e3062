import { sql } from 'kysely'
import type { Sight } from '../auth/contract.ts'
import { seenArtifacts } from '../metadata/sight.contract.ts'

/** Which rows of `artifacts a join namespaces n` are found by the caller: what is active and seen (P5), within the query and never after it. */
export const visibleArtifacts = (sight: Sight) => sql`a.state = 'active' and n.state = 'active' and ${seenArtifacts(sight)}`

import { type RawBuilder, sql } from 'kysely'
import type { Sight } from '../../auth/contract.ts'
import type { SearchQuery } from '../contract.ts'
import { documentFilters } from './filters.ts'
import { seenDocuments } from './sight.ts'

/** Of rows `search_documents d`: what the caller may see and asked for, whatever the words are. */
export const eligible = (sight: Sight, query: SearchQuery): RawBuilder<unknown> =>
  sql`${seenDocuments(sight)} and ${documentFilters({ ...query, text: undefined })}`

import { type RawBuilder, sql } from 'kysely'
import type { Sight } from '../../auth/contract.ts'
import { type DocumentFilters, documentFilters } from './filters.ts'
import { seenBesideWords, seenDocuments } from './sight.ts'

/** Of rows `search_documents d`: what the caller may see and asked for, whatever the words are. */
export const eligible = (sight: Sight, query: DocumentFilters): RawBuilder<unknown> =>
  sql`${seenDocuments(sight)} and ${documentFilters(query)}`

/** The same rows, where words find them. */
export const eligibleBesideWords = (sight: Sight, query: DocumentFilters): RawBuilder<unknown> =>
  sql`${documentFilters(query)} and ${seenBesideWords(sight)}`

import { type RawBuilder, sql } from 'kysely'
import type { Sight } from '../../auth/contract.ts'
import type { SearchQuery } from '../contract.ts'
import { visibleArtifacts } from '../visible-artifacts.ts'
import { artifactFilters, documentFilters } from './filters.ts'

/** Of rows `search_documents d`, `artifacts a` and `namespaces n`: what the caller may see and asked for, whatever the words are. */
export function eligible(sight: Sight, query: SearchQuery): RawBuilder<unknown> {
  const wordless = { ...query, text: undefined }
  return sql`${visibleArtifacts(sight)} and ${documentFilters(wordless)} and ${artifactFilters(wordless)}`
}

import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import { closing, type Highlighted, opening } from './highlights.ts'
import { tsqueryOf } from './postgres/text-match.ts'
import type { SearchText } from './search-text.ts'

const clean = (text: ReturnType<typeof sql>) => sql`translate(${text}, ${opening + closing}, '')`
const marked = (config: 'simple' | 'english', text: ReturnType<typeof sql>, words: ReturnType<typeof tsqueryOf>) =>
  sql`ts_headline(${sql.lit(config)}::regconfig, ${text}, ${words}, ${`StartSel=${opening},StopSel=${closing},HighlightAll=true`})`

/** Marked as Postgres reads the words; a part of a name that is no word is marked as it was typed. */
export function markedTexts(database: Database, text: SearchText, artifactIds: readonly string[]): Promise<Highlighted[]> {
  const words = tsqueryOf(text)
  const typed = text.scoped?.name ?? text.name
  const keywords = sql`array_to_string(d.keywords, ', ')`
  return database.sql<Highlighted>`
    select d.artifact_id as "artifactId",
      case when ${typed} <> '' and position(${typed} in d.name) > 0 then overlay(d.name placing ${opening} || ${typed} || ${closing}
          from position(${typed} in d.name) for length(${typed}))
        else ${marked('simple', sql`d.name`, words)} end as name,
      ${marked('english', clean(sql`d.description`), words)} as description, ${marked('english', clean(keywords), words)} as keywords
    from search_documents d where d.artifact_id = any(${artifactIds}::uuid[])`
}

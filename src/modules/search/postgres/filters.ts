import { type RawBuilder, sql } from 'kysely'
import { licenseId } from '../declared-facts.ts'
import { gatiKey } from '../gati-range.ts'
import { mayPublish } from '../hits.queries.ts'
import type { DriverQuery } from '../search-driver.ts'

type Fragment = RawBuilder<unknown>

const all = (parts: readonly Fragment[]): Fragment => (parts.length === 0 ? sql`true` : sql.join(parts, sql` and `))

const lowerAll = (texts: readonly string[]): string[] => texts.map((text) => text.toLowerCase())

/** What is asked for beside words and candidates. */
export type DocumentFilters = Omit<DriverQuery, 'text' | 'candidates'>

/** All filters, of `search_documents d`. */
export function documentFilters(query: DocumentFilters): Fragment {
  const { format, type, namespace, keywords, capabilities, language, license, gatiVersion, maintainer } = query
  return all([
    ...(format ? [sql`d.format = ${format}`] : []),
    ...(type?.length ? [sql`d.type = any(${type}::text[])`] : []),
    ...(namespace?.length ? [sql`d.namespace = any(${namespace}::text[])`] : []),
    ...(keywords?.length ? [sql`d.keywords && ${lowerAll(keywords)}::text[]`] : []),
    ...(capabilities?.length ? [sql`d.capabilities && ${capabilities}::text[]`] : []),
    ...(language?.length ? [sql`d.languages && ${lowerAll(language)}::text[]`] : []),
    ...(license?.length ? [sql`d.licenses && ${license.map(licenseId)}::text[]`] : []),
    ...(gatiVersion === undefined ? [] : [allows(gatiKey(gatiVersion) ?? '')]),
    ...(maintainer === undefined ? [] : [maintainedBy(maintainer)]),
  ])
}

const allows = (key: string): Fragment =>
  sql`exists (select from unnest(d.gati_from, d.gati_until) as i (lowest, behind) where lowest <= ${key} and (behind is null or behind > ${key}))`

/** Who that is and what was granted is read once, because neither depends on the document. */
function maintainedBy(username: string): Fragment {
  const user = sql`(select u.id from accounts u where u.name = ${username} and u.state <> 'deleted')`
  const granted = sql`select g.artifact_id from grants g where g.user_id = ${user} and g.artifact_id is not null and g.role in ${mayPublish}`
  return sql`(d.published_by = ${user} or d.account_id = ${user} or d.artifact_id = any(array(${granted})))`
}

/** Whether nothing is asked for but what few values have, and so many documents that they are counted in an index and read in an order that is kept. */
export const isWide = ({ text, candidates, keywords, capabilities, language, license, gatiVersion, maintainer }: DriverQuery): boolean =>
  [candidates, keywords, capabilities, language, license].every((values) => (values?.length ?? 0) === 0) &&
  [text, gatiVersion, maintainer].every((value) => value === undefined)

/** Whether nothing at all narrows the documents. */
export const isEverything = (query: DriverQuery): boolean =>
  isWide(query) && query.format === undefined && !query.type?.length && !query.namespace?.length

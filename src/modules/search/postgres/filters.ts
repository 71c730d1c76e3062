import { type RawBuilder, sql } from 'kysely'
import { licenseId } from '../declared-facts.ts'
import { gatiKey } from '../gati-range.ts'
import { mayPublish } from '../hits.queries.ts'
import type { DriverQuery } from '../search-driver.ts'

type Fragment = RawBuilder<unknown>

const all = (parts: readonly Fragment[]): Fragment => (parts.length === 0 ? sql`true` : sql.join(parts, sql` and `))

const lowerAll = (texts: readonly string[]): string[] => texts.map((text) => text.toLowerCase())

/** Of `search_documents d`, whose indexes know them. */
export function documentFilters({ namespace, keywords, capabilities, language, license, gatiVersion }: DriverQuery): Fragment {
  return all([
    ...(namespace?.length ? [sql`d.namespace = any(${namespace}::text[])`] : []),
    ...(keywords?.length ? [sql`d.keywords && ${lowerAll(keywords)}::text[]`] : []),
    ...(capabilities?.length ? [sql`d.capabilities && ${capabilities}::text[]`] : []),
    ...(language?.length ? [sql`d.languages && ${lowerAll(language)}::text[]`] : []),
    ...(license?.length ? [sql`d.licenses && ${license.map(licenseId)}::text[]`] : []),
    ...(gatiVersion === undefined ? [] : [allows(gatiKey(gatiVersion) ?? '')]),
  ])
}

const allows = (key: string): Fragment =>
  sql`exists (select from unnest(d.gati_from, d.gati_until) as i (lowest, behind) where lowest <= ${key} and (behind is null or behind > ${key}))`

/** Of `artifacts a` and `namespaces n`. */
export function artifactFilters({ format, type, maintainer }: DriverQuery): Fragment {
  return all([
    ...(format ? [sql`a.format = ${format}`] : []),
    ...(type?.length ? [sql`a.type = any(${type}::text[])`] : []),
    ...(maintainer === undefined ? [] : [maintainedBy(maintainer)]),
  ])
}

const maintainedBy = (username: string): Fragment =>
  sql`exists (select 1 from accounts u where u.name = ${username} and u.state <> 'deleted' and (u.id = d.published_by or u.id = n.account_id
    or exists (select 1 from grants g where g.artifact_id = a.id and g.user_id = u.id and g.role in ${mayPublish})))`

/** Whether an index of the documents finds the matches; type, format and maintainer are asked of each artifact. */
export const narrows = ({ namespace, keywords, capabilities, language, license, gatiVersion }: DriverQuery): boolean =>
  [namespace, keywords, capabilities, language, license].some((values) => (values?.length ?? 0) > 0) || gatiVersion !== undefined

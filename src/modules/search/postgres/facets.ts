import { type RawBuilder, sql } from 'kysely'
import type { FacetValue, SearchFacets } from '../contract.ts'
import { maxRanked } from '../search-driver.ts'

type Fragment = RawBuilder<unknown>
type Kind = Exclude<keyof SearchFacets, 'approximate'>

export interface CountedValue extends FacetValue {
  readonly kind: Kind
}

const maxValues = 50

/** Beside what is ranked, where facets are wanted. */
export const facetColumns = sql`, d.type, d.capabilities, d.languages, d.licenses`

const most = (kind: Kind, from: Fragment): Fragment =>
  sql`(select ${sql.lit(kind)} as kind, value, sum(n)::bigint as count from ${from} group by value order by count desc, value limit ${sql.lit(maxValues)})`

/** Of `rows` with the columns above, or so many of them as are counted; what many have alike is counted before it is taken apart. */
export const countedValues = (rows: Fragment): Fragment => sql`
  (with f as materialized (select type, capabilities, languages, licenses from ${rows} r limit ${sql.lit(maxRanked)}),
    alike as materialized (select type, languages, licenses, count(*) as n from f group by 1, 2, 3),
    able as (select capabilities, count(*) as n from f group by 1)
  select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'value', value, 'count', count)), '[]') from (
    ${most('types', sql`(select type as value, n from alike where type is not null) v`)}
    union all ${most('capabilities', sql`able, unnest(able.capabilities) as u (value)`)}
    union all ${most('languages', sql`alike, unnest(alike.languages) as u (value)`)}
    union all ${most('licenses', sql`alike, unnest(alike.licenses) as u (value)`)}
  ) counted)`

/** Most frequent first, then by name. */
export function facetsOf(counted: readonly CountedValue[], approximate: boolean): SearchFacets {
  const of = (kind: Kind): FacetValue[] =>
    counted
      .filter((one) => one.kind === kind)
      .map(({ value, count }) => ({ value, count }))
      .toSorted((left, right) => right.count - left.count || (left.value < right.value ? -1 : 1))
  return { types: of('types'), capabilities: of('capabilities'), languages: of('languages'), licenses: of('licenses'), approximate }
}

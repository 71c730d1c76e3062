import { type RawBuilder, sql } from 'kysely'

type Fragment = RawBuilder<unknown>

/** Half of the freshness is gone after half a year. */
const freshForSeconds = 180 * 86_400

/** 0 to 1, of rows that have `downloads` and `stars`. */
export const popularity: Fragment = sql`1 - 5 / (5 + ln(1 + downloads + 20 * stars))`

/** 0 to 1, of rows that have `updated`. */
export const freshness: Fragment = sql`1 / (1 + greatest(0, date_part('epoch', now()) - date_part('epoch', updated)) / ${sql.lit(freshForSeconds)})`

/** What both make of a text's score. */
export const weight = (of: { readonly popularity: Fragment; readonly freshness: Fragment }): Fragment =>
  sql`(0.5 + 0.5 * (${of.popularity})) * (0.7 + 0.3 * (${of.freshness}))`

import { type RawBuilder, sql } from 'kysely'
import { downloadsOfStar, freshForSeconds, leastShare, popularityHalf } from '../ranking.ts'

type Fragment = RawBuilder<unknown>

/** 0 to 1, of rows that have `downloads` and `stars`. */
export const popularity: Fragment = sql`1 - ${sql.lit(popularityHalf)}::float8 / (${sql.lit(popularityHalf)} + ln(1 + downloads + ${sql.lit(downloadsOfStar)} * stars))`

/** 0 to 1, of rows that have `updated`. */
export const freshness: Fragment = sql`1 / (1 + greatest(0, date_part('epoch', now()) - date_part('epoch', updated)) / ${sql.lit(freshForSeconds)})`

/** 0 or 1, of rows that have `verified`. */
export const verification: Fragment = sql`verified::integer::float8`

const share = (least: number, part: Fragment): Fragment => sql`(${sql.lit(least)} + ${sql.lit(1 - least)} * (${part}))`

export interface Parts {
  readonly popularity: Fragment
  readonly freshness: Fragment
  readonly verified: Fragment
  /** 0 to 1. */
  readonly quality: Fragment
}

/** What they all make of a text's score. */
export const weight = (of: Parts): Fragment =>
  sql`${share(leastShare.popularity, of.popularity)} * ${share(leastShare.freshness, of.freshness)}
    * ${share(leastShare.verified, of.verified)} * ${share(leastShare.quality, of.quality)}`

/** What everything is listed by, of rows that have `downloads`, `stars`, `updated`, `verified` and `quality`. */
export const relevance: Fragment = weight({ popularity, freshness, verified: verification, quality: sql`quality` })

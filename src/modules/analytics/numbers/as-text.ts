import { type RawBuilder, sql } from 'kysely'

/** As `textOf` writes the beginning of an interval. */
export const asText = (time: RawBuilder<unknown>): RawBuilder<unknown> => sql`to_char(${time}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`

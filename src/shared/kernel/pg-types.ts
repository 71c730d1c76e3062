import pg from 'pg'

const oids = { int8: 20, timestamptz: 1184, date: 1082, timestamp: 1114, interval: 1186 }

/** `2026-11-21 02:38:58.931123+00` to ISO 8601 without losing the microseconds that keyset cursors need; sessions run in UTC. */
const isoTimestamp = (text: string): string => text.replace(' ', 'T').replace(/\+00$/, 'Z')

/** Row values as plain JSON: 64-bit counts as numbers (exact up to 2^53), instants as ISO 8601 strings. */
export function rowTypes(): pg.TypeOverrides {
  const types = new pg.TypeOverrides()
  types.setTypeParser(oids.int8, (text: string) => Number(text))
  types.setTypeParser(oids.timestamptz, isoTimestamp)
  for (const oid of [oids.date, oids.timestamp, oids.interval]) types.setTypeParser(oid, (text: string) => text)
  return types
}

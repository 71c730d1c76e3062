import { LRUCache } from 'lru-cache'
import type pg from 'pg'

/** A text is worth a plan of its own when it came so often. */
const often = 4
/** Each connection keeps the plans of all names for as long as it lives. */
const maxNames = 400
const maxTextLength = 8_000
const maxCounted = 2_000

/**
 * Lets Postgres parse and plan the statements that come again and again once per connection: for small ones that is most of their cost. Texts that
 * differ each time, such as lists written out, stay unnamed.
 */
export function prepareFrequentStatements(pool: pg.Pool): void {
  const nameOf = createNames()
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<pg.QueryResult>
    const prepared = (...args: unknown[]): Promise<pg.QueryResult> => {
      const [text, values, ...others] = args
      const name = typeof text === 'string' && Array.isArray(values) && others.length === 0 ? nameOf(text) : undefined
      return name === undefined ? query(...args) : query({ name, text, values })
    }
    Object.assign(client, { query: prepared })
  })
}

function createNames(): (text: string) => string | undefined {
  const counts = new LRUCache<string, number>({ max: maxCounted })
  const names = new Map<string, string>()
  return (text) => {
    const known = names.get(text)
    if (known !== undefined || text.length > maxTextLength || names.size >= maxNames) return known
    const count = (counts.get(text) ?? 0) + 1
    counts.set(text, count)
    if (count < often) return undefined
    counts.delete(text)
    const name = `s${names.size}`
    names.set(text, name)
    return name
  }
}

import type { RegistryClient } from './client.ts'

interface Page<T> {
  readonly items: T[]
  readonly nextCursor?: string | null
}

/** Follows `nextCursor` to the end. */
export async function listAll<T extends object = Record<string, unknown>>(
  client: RegistryClient,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null | undefined
  do {
    const page: Page<T> = await client.json<Page<T>>(path, { query: { ...query, ...(cursor && { cursor }) } })
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor)
  return items
}

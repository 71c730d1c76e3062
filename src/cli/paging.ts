import type { RegistryClient } from './client.ts'

interface Page<T> {
  readonly items: T[]
  /** Absent from lists that are never cut into pages. */
  readonly nextCursor?: string | null
}

/** Follows the cursor to the end. */
export async function listAll<T extends object = Record<string, unknown>>(
  client: RegistryClient,
  path: string,
  query: Readonly<Record<string, string | undefined>> = {},
): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = await client.json<Page<T>>(path, { query: { ...query, cursor: cursor ?? undefined } })
    items.push(...page.items)
    cursor = page.nextCursor ?? null
  } while (cursor !== null)
  return items
}

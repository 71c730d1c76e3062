/** Content that cannot be compared: damaged, beyond the limits, or of another kind than its format says. */
export class UnreadableContent extends Error {}

export type Members = Readonly<Record<string, unknown>>

export const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value)

export const membersOf = (value: unknown): Members => (isMembers(value) ? value : {})

export const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []

export const textMembers = (value: unknown): ReadonlyMap<string, string> =>
  new Map(Object.entries(membersOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))

/** Throws UnreadableContent with the name of what it is. */
export function readMembers(text: string, name: string): Members {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    throw new UnreadableContent(`${name} is not JSON`)
  }
  if (!isMembers(value)) throw new UnreadableContent(`${name} is no JSON object`)
  return value
}

/** For comparing and for showing: members in one order, and never long. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, member: unknown) =>
      isMembers(member) ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1))) : member,
    ) ?? 'undefined'
  )
}

export const sameValue = (one: unknown, other: unknown): boolean => canonical(one) === canonical(other)

/** All of a stream that may not have more bytes than that. Throws UnreadableContent. */
export async function readBounded(
  body: AsyncIterable<Buffer>,
  { maxBytes, name }: { readonly maxBytes: number; readonly name: string },
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxBytes) throw new UnreadableContent(`${name} has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export const maxText = 1_000

/** A text that says something, without the white space around it. */
export const textOf = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value.trim() : null)

/** Never half a character at the end, which Postgres refuses. */
export const cut = (text: string, length: number): string => text.slice(0, length).toWellFormed()

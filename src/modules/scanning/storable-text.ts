/**
 * At most so many units of a stranger's text, as Postgres can keep it: without NUL, and without a half of a pair, which the text may have had or
 * which a cut leaves.
 */
export const storableCut = (text: string, maxLength: number): string => text.slice(0, maxLength).replaceAll('\0', ' ').toWellFormed()

/** Whether Postgres can keep it. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

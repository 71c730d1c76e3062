const keyPattern = /^[0-9a-f-]{8,64}$/

/** Keys are made here, never by a caller; this is the last fence before a path or an object's name. */
export function checkedKey(key: string): string {
  if (!keyPattern.test(key)) throw new Error('malformed storage key')
  return key
}

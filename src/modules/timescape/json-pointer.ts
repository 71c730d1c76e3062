/** One step of a JSON pointer (RFC 6901). */
export const step = (key: string | number): string => `/${String(key).replace(/~/g, '~0').replace(/\//g, '~1')}`

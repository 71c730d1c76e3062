import { randomUUIDv7 } from 'node:crypto'

/** Row ids: RFC 9562 version 7, sorted by creation time. */
export const uuidv7 = (): string => randomUUIDv7()

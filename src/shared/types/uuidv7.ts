import { v7 } from 'uuid'

/** Row ids: RFC 9562 version 7, sorted by creation time; those of one process strictly in the order they were made (§6.2, a counter within the millisecond). */
export const uuidv7 = (): string => v7()

import { v7 } from 'uuid'

/** Row ids: RFC 9562 version 7, sorted by creation time; those of one process strictly in the order they were made (§6.2, a counter within the millisecond). */
export const uuidv7 = (): string => v7()

/** Of any version, as Postgres writes it. */
export const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

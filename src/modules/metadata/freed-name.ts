/** Begins what a row is called whose version was never published, so that its name is free again: no version, no tag begins like that. */
export const freedPrefix = '!'

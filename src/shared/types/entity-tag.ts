/** Whether `If-None-Match` names the entity tag, compared weakly (RFC 9110 §13.1.2). `etag` is a strong one, with its quotes. */
export const isUnchanged = (ifNoneMatch: string | undefined, etag: string): boolean =>
  ifNoneMatch?.split(',').some((part) => part.trim() === '*' || part.trim().replace(/^W\//, '') === etag) === true

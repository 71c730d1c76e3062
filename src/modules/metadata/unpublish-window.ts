/** Whether a version may still be taken back (D-7): up to and including `hours` after it was published. */
export const isWithinUnpublishWindow = (publishedAt: string, now: Date, hours: number): boolean =>
  now.getTime() - Date.parse(publishedAt) <= hours * 3_600_000

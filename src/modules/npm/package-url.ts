/** A scope and the name after it that stand in two segments, as bun and tarball URLs spell them. */
const twoSegments = /^([^?]*?\/)(?:@|%40)([^/?%]+)\/([^/?]+)/i

/** Makes every package one segment of the path: `/npm/@acme/widget/…` and `/npm/%40acme%2Fwidget/…` become `/npm/@acme%2fwidget/…`. */
export const inOneSegment = (url: string): string => url.replace(twoSegments, '$1@$2%2f$3')

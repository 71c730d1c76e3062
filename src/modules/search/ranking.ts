/**
 * How every driver ranks: `final = (tier + text * weight) / 4`, where `weight` is the product over the parts of `least + (1 - least) * part`.
 * So a better tier wins whatever the parts are, and no part alone can bury a match.
 */
export const leastShare = { popularity: 0.5, freshness: 0.7, verified: 0.9, quality: 0.8 } as const

/** Half of the freshness is gone after half a year: `1 / (1 + age / 180 days)`. */
export const freshForSeconds = 180 * 86_400

/** `1 - 5 / (5 + ln(1 + downloads + 20 * stars))`: a star counts as much as twenty downloads. */
export const popularityHalf = 5
export const downloadsOfStar = 20

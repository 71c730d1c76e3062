/** What a change asks of the version number; `none` cannot be noticed from outside. */
export type Bump = 'none' | 'patch' | 'minor' | 'major'

/** One difference between two versions, of whatever kind their content is. */
export interface Change {
  /** JSON pointer into what is compared, for example `/request/properties/email` or `/exports/.~1sub`. */
  readonly path: string
  /** Of the rule table in `docs/timescape.md`, for example `required-field-added`. */
  readonly rule: string
  readonly bump: Bump
  /** A sentence for people: what was, what is. */
  readonly message: string
  readonly before?: unknown
  readonly after?: unknown
}

interface Read {
  readonly gaps: readonly string[]
  readonly hasEncrypted: boolean
}

/** What was not read of content, in the words of the report. */
export const unreadOf = (contents: readonly Read[]): string[] => [
  ...new Set(contents.flatMap(({ gaps, hasEncrypted }) => [...gaps, ...(hasEncrypted ? ['an encrypted entry'] : [])])),
]

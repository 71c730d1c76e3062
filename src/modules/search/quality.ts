import { textOf } from './shown-text.ts'

/** What each part counts; together 1. */
const shares = { description: 0.25, readme: 0.2, license: 0.15, repository: 0.15, types: 0.15, keywords: 0.1 } as const

interface Shown {
  readonly description: string | null
  readonly license: string | null
  readonly repository: string | null
  readonly keywords: readonly string[]
}

/** How much whoever publishes says of the artifact, 0 to 1; docs/search.md has the table. */
export function qualityOf({ description, license, repository, keywords }: Shown, about: Readonly<Record<string, unknown>> | null): number {
  const has = (member: string): boolean => {
    const value = about?.[member]
    return value === true || textOf(value) !== null || (typeof value === 'object' && value !== null && Object.keys(value).length > 0)
  }
  const told: Readonly<Record<keyof typeof shares, boolean>> = {
    description: description !== null,
    readme: has('readme') || has('readmeFilename') || has('modelCard'),
    license: license !== null,
    repository: repository !== null,
    types: has('gtypes') || has('types') || has('typings'),
    keywords: keywords.length > 0,
  }
  const parts = Object.entries<number>(shares).map(([part, share]) => (told[part as keyof typeof shares] ? share : 0))
  return Math.round(parts.reduce((sum, share) => sum + share, 0) * 100) / 100
}

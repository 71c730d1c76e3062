import type { SourceProblem } from './source-package.ts'

export interface ImportReport {
  readonly packages: number
  /** Versions. */
  readonly published: number
  /** Versions that were there already, with the same bytes. */
  readonly present: number
  readonly deprecated: number
  readonly tags: number
  /** Versions whose integrity the registry tells as it is in the source, after all was done. */
  readonly verified: number
  readonly bytes: number
  /** What the registry has no place for, by what it is. */
  readonly notKept: Readonly<Record<string, number>>
  readonly problems: readonly SourceProblem[]
}

/** What an import counts while it goes on. */
export class Tally {
  packages = 0
  published = 0
  present = 0
  deprecated = 0
  tags = 0
  verified = 0
  bytes = 0
  readonly #notKept = new Map<string, number>()
  readonly #problems: SourceProblem[]

  constructor(problems: readonly SourceProblem[]) {
    this.#problems = [...problems]
  }

  problem(problem: SourceProblem): void {
    this.#problems.push(problem)
  }

  lost(what: Readonly<Record<string, number>>): void {
    for (const [kind, count] of Object.entries(what)) if (count > 0) this.#notKept.set(kind, (this.#notKept.get(kind) ?? 0) + count)
  }

  report(): ImportReport {
    const { packages, published, present, deprecated, tags, verified, bytes } = this
    return {
      packages,
      published,
      present,
      deprecated,
      tags,
      verified,
      bytes,
      notKept: Object.fromEntries(this.#notKept),
      problems: this.#problems,
    }
  }
}

const shownProblems = 50

/** For people. */
export function reportText({ packages, notKept, problems, ...counts }: ImportReport): string {
  const shown = problems
    .slice(0, shownProblems)
    .map(({ package: name, version, reason }) => `  ${version === undefined ? name : `${name}@${version}`}: ${reason}`)
  const more = problems.length > shownProblems ? [`  … and ${problems.length - shownProblems} more; --json lists all`] : []
  const lost = Object.entries(notKept).map(([kind, count]) => `  not kept: ${count} × ${kind}`)
  return [
    `${packages} packages: ${counts.published} versions published, ${counts.present} there already, ${counts.deprecated} deprecated, ${counts.tags} tags moved`,
    `${counts.verified} versions verified by their integrity`,
    ...lost,
    ...(problems.length > 0 ? [`${problems.length} problems`, ...shown, ...more] : []),
  ].join('\n')
}

import type { BadgeName, HealthScores } from '../contract.ts'

/** What is counted of an artifact; `docs/insights.md` says of each where it is from. */
export interface HealthInputs {
  /** Of the last 90 days. */
  readonly recentDownloads: number
  /** Public artifacts whose highest version depends on it. */
  readonly dependants: number
  readonly stars: number
  readonly published: number
  readonly yanked: number
  readonly prereleases: number
  /** A release of at least 1.0.0 is offered. */
  readonly isStableLine: boolean
  /** Since the first version. */
  readonly ageDays: number
  /** Since the last one. */
  readonly idleDays: number
  readonly publishedLastYear: number
  /** Of the last 50 steps from version to version. */
  readonly steps: number
  readonly breakingSteps: number
  /** Steps that break more than the numbers of the versions declare. */
  readonly undeclaredSteps: number
  /** Breaking steps that a transformer leads over. */
  readonly bridgedSteps: number
  /** Those of `undeclaredSteps` among them. */
  readonly bridgedUndeclaredSteps: number
  /** The highest version is. */
  readonly deprecated: boolean
  /** Of the highest version, 0 to 100; null: never scanned. */
  readonly securityScore: number | null
  /** Open ones of the highest version. */
  readonly vulnerabilities: number
  readonly graveVulnerabilities: number
}

const downloadsPerStar = 20
const downloadsPerDependant = 50
const fullReachLog = 6
const ripeAfterDays = 90
const halfLifeDays = 365
const fullCadence = 4
const unscanned = 0.8
/** Two steps that nobody took, as good as most are: the fewer real ones there are, the more these count. */
const imaginary = { steps: 2, bad: 0.6 }
export const unmaintainedAfterDays = 730

const percent = (share: number): number => Math.round(100 * Math.min(1, Math.max(0, share)))
const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)

/** Reach on a logarithmic scale; a million is 100. */
export const popularityOf = ({ recentDownloads, dependants, stars }: HealthInputs): number =>
  percent(Math.log10(1 + recentDownloads + downloadsPerDependant * dependants + downloadsPerStar * stars) / fullReachLog)

/** What was taken back, broken or never finished takes its share away; youth, and numbers below 1.0.0, take the rest. */
export function stabilityOf(inputs: HealthInputs): number {
  const troubles =
    0.5 * share(inputs.yanked, inputs.published) +
    0.4 * share(inputs.breakingSteps, inputs.steps) +
    0.2 * share(inputs.prereleases, inputs.published)
  const ripeness = 0.8 + 0.2 * Math.min(1, inputs.ageDays / ripeAfterDays)
  return percent((1 - troubles) * ripeness * (inputs.isStableLine ? 1 : 0.6))
}

/** Whether numbers keep what they promise, and whether something leads over what breaks. */
export function compatibilityOf({ steps, breakingSteps, undeclaredSteps, bridgedSteps, bridgedUndeclaredSteps }: HealthInputs): number {
  const undeclared = undeclaredSteps - bridgedUndeclaredSteps
  const declared = breakingSteps - undeclaredSteps - (bridgedSteps - bridgedUndeclaredSteps)
  const bad = undeclared + 0.25 * Math.max(0, declared) + 0.25 * bridgedUndeclaredSteps
  return percent(1 - (bad + imaginary.bad) / (steps + imaginary.steps))
}

/** Whether somebody still looks after it, and how the newest version stands. */
export function maintenanceOf({ idleDays, publishedLastYear, securityScore, deprecated }: HealthInputs): number {
  const recency = 0.5 ** (idleDays / halfLifeDays)
  const cadence = Math.min(1, publishedLastYear / fullCadence)
  const security = securityScore === null ? unscanned : securityScore / 100
  return percent((0.5 * recency + 0.2 * cadence + 0.3 * security) * (deprecated ? 0.2 : 1))
}

export function healthOf(inputs: HealthInputs): HealthScores {
  const popularity = popularityOf(inputs)
  const stability = stabilityOf(inputs)
  const compatibility = compatibilityOf(inputs)
  const maintenance = maintenanceOf(inputs)
  const score = Math.round(0.25 * popularity + 0.25 * stability + 0.2 * compatibility + 0.3 * maintenance)
  const parts = { score, popularity, stability, compatibility, maintenance }
  return { ...parts, badges: badgesFor(parts, inputs) }
}

function badgesFor(
  { score, popularity, stability, compatibility, maintenance }: Omit<HealthScores, 'badges'>,
  inputs: HealthInputs,
): BadgeName[] {
  const earned: readonly (readonly [BadgeName, boolean])[] = [
    ['popular', popularity >= 60],
    ['stable', stability >= 75 && inputs.isStableLine],
    ['compatible', compatibility >= 80],
    ['maintained', maintenance >= 60 && !inputs.deprecated],
    ['healthy', score >= 70 && inputs.graveVulnerabilities === 0],
    ['deprecated', inputs.deprecated],
    ['unmaintained', inputs.idleDays > unmaintainedAfterDays],
    ['vulnerable', inputs.graveVulnerabilities > 0],
  ]
  return earned.filter(([, has]) => has).map(([name]) => name)
}

export interface Flag {
  readonly name: 'deprecated' | 'unmaintained' | 'vulnerable'
  readonly reason: string
}

/** Why something is outdated, in words (R17.5). */
export function flagsOf(inputs: HealthInputs, deprecation: string | null): Flag[] {
  const { deprecated, idleDays, graveVulnerabilities: grave } = inputs
  return [
    ...(deprecated ? [{ name: 'deprecated' as const, reason: deprecation ?? 'its highest version is deprecated' }] : []),
    ...(idleDays > unmaintainedAfterDays
      ? [{ name: 'unmaintained' as const, reason: `nothing was published for ${Math.floor(idleDays)} days` }]
      : []),
    ...(grave > 0
      ? [
          {
            name: 'vulnerable' as const,
            reason: `${grave} open ${grave === 1 ? 'vulnerability' : 'vulnerabilities'} of severity high or critical`,
          },
        ]
      : []),
  ]
}

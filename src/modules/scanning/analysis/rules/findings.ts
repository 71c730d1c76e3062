import type { Finding, Verdict } from '../../analysis.contract.ts'
import { storableCut } from '../../storable-text.ts'
import { type RuleId, rules } from './catalogue.ts'

export interface Sighting {
  readonly rule: RuleId
  readonly path: string
  readonly line?: number
  readonly message: string
}

const maxPerRule = 25

/** What the rules saw, each rule a bounded number of times. */
export class Findings {
  readonly #suppressed: ReadonlySet<string>
  readonly #seen = new Map<RuleId, number>()
  readonly #list: Finding[] = []

  constructor(suppressed: readonly string[]) {
    this.#suppressed = new Set(suppressed)
  }

  add({ rule, path, line, message }: Sighting): void {
    const seen = this.#seen.get(rule) ?? 0
    this.#seen.set(rule, seen + 1)
    if (this.#suppressed.has(rule) || seen >= maxPerRule) return
    const text = storableCut(message.replaceAll(/\p{Cc}/gu, ' '), 300)
    this.#list.push({ rule, ...rules[rule], path: storableCut(path, 4096), ...(line === undefined ? {} : { line }), message: text })
  }

  get list(): readonly Finding[] {
    return this.#list
  }

  /** How often each rule saw something that is not listed for want of room. */
  *unlisted(): Generator<string, void, undefined> {
    for (const [rule, seen] of this.#seen)
      if (seen > maxPerRule && !this.#suppressed.has(rule)) yield `${rule}: ${seen - maxPerRule} further sightings left out`
  }
}

/** From here on a version is called malicious; documented with the figures of the corpora. */
export const maliciousFrom = 0.8
const suspiciousFrom = 0.4
/** Of a hostile archive nothing is known of what it means to do, so it weighs less than code does. */
const weights: Readonly<Record<Finding['category'], number>> = { malicious: 1, suspicious: 1, model: 1, archive: 0.5, secret: 0 }

/** Rules are taken as independent witnesses: each says it once, however often it saw it. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  const byRule = new Map(findings.map(({ rule, confidence, category }) => [rule, confidence * weights[category]]))
  let doubt = 1
  for (const weight of byRule.values()) doubt *= 1 - weight
  const confidence = Math.round((1 - doubt) * 1000) / 1000
  if (confidence >= maliciousFrom) return { level: 'malicious', confidence }
  return { level: confidence >= suspiciousFrom ? 'suspicious' : 'clean', confidence }
}

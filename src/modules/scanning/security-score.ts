import type { Finding } from './analysis.contract.ts'
import type { Severity } from './contract.ts'
import { isOpen, type Vulnerability } from './vulnerability.ts'

export type RiskLevel = 'low' | 'medium' | 'high' | 'critical'

export interface ScanVerdict {
  /** 0 to 100; `docs/scanning.md` has the formula. */
  readonly securityScore: number
  readonly riskLevel: RiskLevel
  readonly malicious: boolean
}

/** What a severity counts that has no score of its own: the middle of its band in CVSS. */
const nominal: Readonly<Record<Severity, number>> = { info: 0, low: 2, moderate: 5.5, high: 8, critical: 9.5 }
const steepness = 0.5
/** What is left of 100 after every open vulnerability and every finding took its part of what was there. */
export function verdictOf(
  vulnerabilities: readonly Pick<Vulnerability, 'vulnerability' | 'score' | 'severity' | 'status'>[],
  { findings, malicious }: { readonly findings: readonly Pick<Finding, 'rule' | 'confidence' | 'severity'>[]; readonly malicious: boolean },
): ScanVerdict {
  const worst = new Map<string, number>()
  const count = (key: string, weight: number) => worst.set(key, Math.max(weight, worst.get(key) ?? 0))
  for (const found of vulnerabilities.filter(isOpen)) count(found.vulnerability, found.score || nominal[found.severity])
  // A rule that fires in a hundred files says one thing.
  for (const { rule, severity, confidence } of findings) count(rule, nominal[severity] * confidence)
  const weights = [...worst.values()]
  const left = weights.reduce((score, weight) => score * (1 - steepness * (weight / 10) ** 2), 100)
  const securityScore = malicious ? 0 : Math.round(left)
  return { securityScore, malicious, riskLevel: riskOf(securityScore, malicious ? 10 : Math.max(0, ...weights)) }
}

/** The worse of what the score says and what the worst of all says. */
function riskOf(score: number, worst: number): RiskLevel {
  if (worst >= 9 || score < 25) return 'critical'
  if (worst >= 7 || score < 50) return 'high'
  return worst >= 4 || score < 75 ? 'medium' : 'low'
}

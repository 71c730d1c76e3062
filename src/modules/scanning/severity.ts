import type { Severity } from './contract.ts'

/** The qualitative scale of CVSS 3 and 4, in npm's words. */
export function severityOfScore(score: number): Severity {
  if (score === 0) return 'info'
  if (score < 4) return 'low'
  if (score < 7) return 'moderate'
  return score < 9 ? 'high' : 'critical'
}

const words: Readonly<Record<string, Severity>> = {
  none: 'info',
  info: 'info',
  low: 'low',
  medium: 'moderate',
  moderate: 'moderate',
  important: 'high',
  high: 'high',
  critical: 'critical',
}

/** What a source calls it, in npm's words. */
export function severityOfWord(word: unknown): Severity | undefined {
  const key = typeof word === 'string' ? word.toLowerCase() : ''
  return Object.hasOwn(words, key) ? words[key] : undefined
}

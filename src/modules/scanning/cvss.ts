import calculator from 'ae-cvss-calculator'

export interface CvssScore {
  readonly score: number
  readonly vectorString: string | null
}

export const unscored: CvssScore = { score: 0, vectorString: null }

/** Clients know version 3 best; the newest one is shown only where there is none. */
const preferred = ['CVSS_V3', 'CVSS_V4', 'CVSS_V2']

/** The score of the first vector that is complete; what is no vector says nothing about the rest of an advisory. */
export function scoreOf(vectors: readonly { readonly type: string; readonly score: string }[]): CvssScore {
  for (const type of preferred)
    for (const vector of vectors) {
      const score = vector.type === type ? scoreOfVector(vector.score) : undefined
      if (score !== undefined) return { score, vectorString: vector.score }
    }
  return unscored
}

const metric = '[A-Za-z]{1,3}:[A-Za-z]{1,6}'
const grammar = new RegExp(`^(CVSS:(?:3\\.0|3\\.1|4\\.0)/)?(${metric}(?:/${metric})*)$`)

/** 0 to 10 by the equations of FIRST, of all metrics the vector has; `undefined` for what is no complete vector. */
export function scoreOfVector(text: string): number | undefined {
  const [, version = '', metrics = ''] = grammar.exec(text) ?? []
  if (metrics === '') return undefined
  const vector = emptyVector(version)
  // One by one, because the library guesses what a whole text means and complains on the console.
  for (const pair of metrics.split('/')) {
    const [name = '', value = ''] = pair.split(':')
    if (!vector.applyComponentStringSilent(name, value)) return undefined
  }
  return vector.isBaseFullyDefined() ? vector.calculateScores().overall : undefined
}

function emptyVector(
  version: string,
): InstanceType<typeof calculator.Cvss2 | typeof calculator.Cvss3P0 | typeof calculator.Cvss3P1 | typeof calculator.Cvss4P0> {
  if (version === '') return new calculator.Cvss2()
  if (version === 'CVSS:4.0/') return new calculator.Cvss4P0()
  return version === 'CVSS:3.1/' ? new calculator.Cvss3P1() : new calculator.Cvss3P0()
}
